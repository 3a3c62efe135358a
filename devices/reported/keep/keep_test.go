package keep_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/natstest"
	"rione/devices/reported"
	"rione/devices/reported/keep"
	"rione/geo"
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tiber = geo.Point{Lat: 41.9, Lon: 12.47}
)

func open(t *testing.T, js jetstream.JetStream) (*keep.Store, *reported.Positions) {
	t.Helper()
	p := reported.New()
	s, err := keep.Open(t.Context(), js, keep.Options{Positions: p})
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func TestOverARestart(t *testing.T) {
	js := natstest.JetStream(t)
	s, p := open(t, js)
	p.Note("air-1", tiber, noon)
	p.Note("air-2", tiber, noon)
	if err := s.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Note("air-2", geo.Point{Lat: 42, Lon: 12.47}, noon.Add(time.Minute))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Run(ctx, time.Hour) // what is left is kept at the end

	s, p = open(t, js)
	for device, want := range map[string]float64{"air-1": 41.9, "air-2": 42} {
		if at, ok := p.Of(device); !ok || at.Point.Lat != want || at.Time.Before(noon) {
			t.Errorf("%s is at %+v, %v", device, at, ok)
		}
	}
	if moved := p.Moved(); len(moved) > 0 {
		t.Errorf("what was restored moved: %v", moved)
	}
	if err := s.Keep(t.Context()); err != nil {
		t.Error(err)
	}
}

// A bucket that cannot be written takes the positions later.
func TestKeptLater(t *testing.T) {
	js := natstest.JetStream(t)
	s, p := open(t, js)
	p.Note("air-1", tiber, noon)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Keep(ended); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if err := s.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, p = open(t, js); len(p.Kept()) != 1 {
		t.Errorf("kept %v", p.Kept())
	}
}

func TestWhatCannotBeReadIsForgotten(t *testing.T) {
	js := natstest.JetStream(t)
	s, p := open(t, js)
	p.Note("air-1", tiber, noon)
	if err := s.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), "RIONE_REPORTED")
	if err == nil {
		_, err = bucket.PutString(t.Context(), "air-2", "{")
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, p = open(t, js); len(p.Kept()) != 1 {
		t.Errorf("kept %v", p.Kept())
	}
}

func TestOptions(t *testing.T) {
	if _, err := keep.Open(t.Context(), nil, keep.Options{}); err == nil {
		t.Error("no positions are taken")
	}
}
