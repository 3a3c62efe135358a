package app

import (
	"context"
	"errors"
	"testing"

	"rione/ingest"
)

type door func(ingest.Command) error

func (d door) Publish(_ context.Context, c ingest.Command) error { return d(c) }

func TestOutlets(t *testing.T) {
	o := newOutlets()
	if err := o.Publish(t.Context(), ingest.Command{Door: "mqtt"}); err == nil {
		t.Error("a door that is not open took a command")
	}
	taken := 0
	away := errors.New("away")
	o.add("broker", door(func(ingest.Command) error { return away }))
	if err := o.Publish(t.Context(), ingest.Command{Door: "broker"}); !errors.Is(err, away) {
		t.Errorf("the only broker is away: %v", err)
	}
	o.add("broker", door(func(ingest.Command) error { taken++; return nil }))
	o.add("mqtt", door(func(ingest.Command) error { taken += 10; return nil }))
	if err := o.Publish(t.Context(), ingest.Command{Door: "broker"}); err != nil || taken != 1 {
		t.Errorf("one of two brokers took it: %v, %d", err, taken)
	}
	if err := o.Publish(t.Context(), ingest.Command{Door: "http"}); err == nil || taken != 1 {
		t.Errorf("a command left by a door that takes none: %v, %d", err, taken)
	}
}
