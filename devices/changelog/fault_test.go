package changelog_test

import (
	"context"
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/changelog"
)

// faulty is JetStream with a hook around every publish.
type faulty struct {
	jetstream.JetStream
	around func(subject string, publish func() error) error
}

func (f *faulty) Publish(ctx context.Context, subject string, data []byte, opts ...jetstream.PublishOpt) (ack *jetstream.PubAck, err error) {
	hookErr := f.around(subject, func() error {
		ack, err = f.JetStream.Publish(ctx, subject, data, opts...)
		return err
	})
	if hookErr != nil {
		return nil, hookErr
	}
	return ack, nil
}

var errNoAnswer = errors.New("no answer came")

const (
	setSubject        = "rione.registry.set"
	checkpointSubject = "rione.registry.checkpoint"
)

// once returns a hook that calls fault at publish number n (from 0) of a
// subject, and lets everything else through.
func once(subject string, n int, fault func(publish func() error) error) func(string, func() error) error {
	count := 0
	return func(on string, publish func() error) error {
		if on != subject {
			return publish()
		}
		count++
		if count == n+1 {
			return fault(publish)
		}
		return publish()
	}
}

// reader is JetStream that notes from where the change log is read.
type reader struct {
	jetstream.JetStream
	from chan uint64
}

func (r *reader) OrderedConsumer(ctx context.Context, stream string, c jetstream.OrderedConsumerConfig) (jetstream.Consumer, error) {
	if stream == "RIONE_REGISTRY" {
		r.from <- c.OptStartSeq
	}
	return r.JetStream.OrderedConsumer(ctx, stream, c)
}

// startOf returns the sequence from which a new Log folds the change log.
func startOf(t testing.TB, js jetstream.JetStream) uint64 {
	t.Helper()
	r := &reader{js, make(chan uint64, 10)}
	l, err := changelog.Open(t.Context(), r, changelog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	from := <-r.from
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	return from
}
