package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/journal"
	"rione/ingest/park"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

// refuse puts the messages of parked lines that the store does not take into
// quarantine. The ledger has them as stored since they were parked; the reason
// rejected_by_store tells what became of them.
func (o *outlet) refuse(ctx context.Context, b *park.Batch, rejects []influx.Reject) error {
	var entries []quarantine.Entry
	seen := map[park.Origin]bool{}
	for _, r := range rejects {
		line, from := b.Line(r.Line)
		switch {
		case r.Expired || seen[from]:
			continue
		case from == park.Origin{}:
			o.opt.Logger.Error("the store refuses points of the ledger", "first", r.Detail)
		default:
			e, err := o.entry(ctx, from, line, r.Detail)
			if err != nil {
				return err
			}
			o.opt.Metrics.refused.WithLabelValues(string(ingest.RejectedByStore)).Inc()
			entries = append(entries, e)
		}
		seen[from] = true
	}
	return addAll(ctx, o.opt, entries)
}

// entry makes the quarantine entry of a parked line's message. Of one that has
// left the journal the line is kept.
func (o *outlet) entry(ctx context.Context, from park.Origin, line []byte, detail string) (quarantine.Entry, error) {
	m, err := messageAt(ctx, o.opt.Records, from)
	if errors.Is(err, journal.ErrGone) {
		m = &ingest.Message{Seq: from.Record, Index: from.Index, Received: time.Now().UTC(), Payload: bytes.TrimSpace(line)}
		detail += "; the message has left the journal, this is its line"
	} else if err != nil {
		return quarantine.Entry{}, err
	}
	e := quarantine.NewEntry(m, ingest.Refuse(ingest.RejectedByStore, detail))
	e.Device, e.Comune = tagOf(line, "device_id"), tagOf(line, "comune")
	return e, nil
}

// messageAt reads one message of the journal again.
func messageAt(ctx context.Context, records Records, from park.Origin) (*ingest.Message, error) {
	e, err := records.Record(ctx, from.Record)
	if err != nil {
		return nil, err
	}
	var r record.Record
	if err := r.Open(e.Data); err != nil {
		return nil, err
	}
	for m := (ingest.Message{}); r.Next(&m); {
		if m.Index == from.Index {
			m.Seq = from.Record
			return &m, nil
		}
	}
	return nil, fmt.Errorf("record %d has no message %d: %w", from.Record, from.Index, record.ErrCorrupt)
}

// tagOf returns a tag of a line whose value needs no escapes, as those of the
// registry's own identities.
func tagOf(line []byte, name string) string {
	_, after, ok := bytes.Cut(line, []byte(","+name+"="))
	end := bytes.IndexAny(after, ", ")
	if !ok || end < 0 {
		return ""
	}
	return string(after[:end])
}

// addAll adds entries to the quarantine, trying for as long as ctx lives.
func addAll(ctx context.Context, o *Options, entries []quarantine.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return again(ctx, o.Logger, "quarantine takes no entries, processing waits", func() error { return o.Quarantine.Add(ctx, entries) })
}

// again calls f until it succeeds or ctx ends.
func again(ctx context.Context, log *slog.Logger, what string, f func() error) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := f()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		log.Warn(what, "error", err, "again_in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
