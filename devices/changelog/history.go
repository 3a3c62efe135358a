package changelog

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
)

// History returns the changes of a device, oldest first, none for a device that
// never was. It reads the whole log: it is for people, not for messages.
func (l *Log) History(ctx context.Context, deviceID string) ([]devices.Change, error) {
	var changes []devices.Change
	var open assembler
	err := readRange(ctx, l.stream, l.js, 1, func(m jetstream.Msg, seq uint64) error {
		p, err := parsePart(m.Data())
		if err != nil {
			open.reset()
			return nil // the fold has reported it
		}
		encoded := open.add(p)
		if encoded == nil {
			return nil
		}
		c, err := changeOf(deviceID, seq, encoded)
		if err != nil || c == nil {
			return nil
		}
		if n := len(changes); n > 0 {
			c.Before = changes[n-1].After
		}
		changes = append(changes, *c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", deviceID, err)
	}
	return changes, nil
}

// changeOf returns what an encoded set says of a device, nil if nothing.
func changeOf(id string, seq uint64, encoded []byte) (*devices.Change, error) {
	text, err := expand(encoded)
	if err != nil || !bytes.Contains(text, []byte(id)) { // ids need no escape in JSON
		return nil, err
	}
	s, err := parseSet(text)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Devices, func(e entry) bool { return e.ID == id })
	if i < 0 {
		return nil, nil
	}
	after := s.Devices[i].device()
	after.Revision, after.Updated = seq, s.Time
	return &devices.Change{Revision: seq, Time: s.Time, Author: s.Author, Note: s.Note, After: &after}, nil
}
