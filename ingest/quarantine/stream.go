package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unique"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest"
)

// StreamName is the JetStream stream of the quarantine. Each of its messages is
// an entry: the payload as its body, the rest as JSON in a header, so that the
// index is read without the payloads.
const StreamName = "RIONE_QUARANTINE"

const (
	subjectPrefix = "rione.quarantine." // then whose it is, and its id
	entryHeader   = "Rione-Entry"
	sizeHeader    = "Nats-Msg-Size" // of the body, where only headers are asked for
)

func openStream(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.Stream, error) {
	subjects := []string{subjectPrefix + ">"}
	stream, err := js.Stream(ctx, StreamName)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		stream, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: StreamName, Description: "messages that did not become points", Subjects: subjects,
			Storage: jetstream.FileStorage, Replicas: replicas,
			// An entry is written again when its record is processed again:
			// the subject ends in its place in the journal, and the newest stays.
			MaxMsgsPerSubject: 1, AllowAtomicPublish: true, AllowDirect: true,
		})
	case err == nil && !slices.Equal(stream.CachedInfo().Config.Subjects, subjects): // of a release that did not say whose
		config := stream.CachedInfo().Config
		config.Subjects = subjects
		stream, err = js.UpdateStream(ctx, config)
	}
	if err != nil {
		return nil, fmt.Errorf("quarantine stream: %w", err)
	}
	return stream, nil
}

// subjectOf returns the subject of an entry. All of one identity begin in the
// same way, so that its oldest ones are deleted together.
func subjectOf(e *Entry) string {
	whose := fnv.New64a()
	_, _ = whose.Write([]byte(e.identity())) // it cannot fail
	return subjectPrefix + strconv.FormatUint(whose.Sum64(), 16) + "." + e.ID
}

// whoseOf returns a subject without the id.
func whoseOf(subject string) string { return subject[:strings.LastIndexByte(subject, '.')] }

// headerRoom is left for the headers of a batch, bytes.
const headerRoom = 1024

// pack makes the stream's message of an entry. A payload over the limit of the
// stream's messages is left out.
func pack(e Entry, limit int64) (*nats.Msg, error) {
	payload := e.Payload
	e.Payload = nil
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if int64(len(text)+len(payload)+headerRoom) > limit && len(payload) > 0 {
		e.Cut = true
		return pack(e, limit)
	}
	return &nats.Msg{Subject: subjectOf(&e), Header: nats.Header{entryHeader: {string(text)}}, Data: payload}, nil
}

// unpack reads the entry of a message's headers, without its payload. Of what
// entries have in common one copy is kept.
func unpack(h nats.Header) (Entry, error) {
	var e Entry
	text := h.Get(entryHeader)
	if text == "" {
		return e, errors.New("the header " + entryHeader + " is missing")
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return e, err
	}
	if e.ID == "" {
		return e, errors.New("it has no id")
	}
	share(&e)
	return e, nil
}

func share(e *Entry) {
	for _, s := range []*string{&e.Field, &e.Unit, &e.Detail, &e.Device, &e.Comune, &e.Door, &e.Route, &e.Client} {
		*s = unique.Make(*s).Value()
	}
	e.Reason = ingest.Reason(unique.Make(string(e.Reason)).Value())
}

// load reads the headers of the whole stream once and keeps the heads.
func (q *Quarantine) load(ctx context.Context) error {
	left := q.stream.CachedInfo().State.Msgs
	if left == 0 {
		return nil
	}
	c, err := q.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{HeadersOnly: true})
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	it, err := c.Messages()
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	defer it.Stop()
	for ; left > 0; left-- {
		msg, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		if err := q.loadOne(msg); err != nil {
			return err
		}
	}
	return nil
}

func (q *Quarantine) loadOne(msg jetstream.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	e, err := unpack(msg.Headers())
	if err != nil {
		q.opt.Logger.Error("quarantine entry cannot be read and is left alone", "sequence", meta.Sequence.Stream, "error", err)
		return nil
	}
	var body int64
	_, _ = fmt.Sscan(msg.Headers().Get(sizeHeader), &body) // without it the size is that of the header
	q.put(&head{Entry: e, whose: unique.Make(whoseOf(msg.Subject())).Value(), seq: meta.Sequence.Stream, kept: meta.Timestamp, size: body + int64(len(msg.Headers().Get(entryHeader)))})
	return nil
}
