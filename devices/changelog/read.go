package changelog

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// pullBytes bounds what the server has under way to a reader. More than 64 MB
// outstanding makes it drop an in-process connection.
const pullBytes = 8 << 20

// read hands over the messages of a stream from the sequence from on, in order,
// until fn returns false, an error, or ctx ends.
func read(ctx context.Context, js jetstream.JetStream, stream string, from uint64, fn func(jetstream.Msg, uint64) (bool, error)) error {
	consumer, err := js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   max(1, from),
	})
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxBytes(pullBytes))
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		if more, err := fn(m, meta.Sequence.Stream); err != nil || !more {
			return err
		}
	}
}

// readRange hands over the messages that a stream holds now, from a sequence on.
func readRange(ctx context.Context, s jetstream.Stream, js jetstream.JetStream, from uint64, fn func(m jetstream.Msg, seq uint64) error) error {
	info, err := s.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at stream: %w", err)
	}
	from = max(from, info.State.FirstSeq)
	if info.State.Msgs == 0 || from > info.State.LastSeq {
		return nil
	}
	return read(ctx, js, info.Config.Name, from, func(m jetstream.Msg, seq uint64) (bool, error) {
		if seq > info.State.LastSeq {
			return false, nil
		}
		return seq < info.State.LastSeq, fn(m, seq)
	})
}

// openStream returns the stream, which it creates when it is missing. It never
// changes one that exists: a crash during a change can make it unreadable.
func openStream(ctx context.Context, js jetstream.JetStream, c jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := js.Stream(ctx, c.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = js.CreateStream(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", c.Name, err)
	}
	return s, nil
}
