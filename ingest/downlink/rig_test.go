package downlink

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
	"rione/devices/natstest"
	"rione/geo"
	"rione/ingest"
)

var errAway = errors.New("the device is not there")

// fakeDoors take commands, or refuse them while away is set.
type fakeDoors struct {
	mu    sync.Mutex
	away  bool
	taken []ingest.Command
}

func (f *fakeDoors) Publish(_ context.Context, c ingest.Command) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return errAway
	}
	f.taken = append(f.taken, c)
	return nil
}

func (f *fakeDoors) set(away bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = away
}

func (f *fakeDoors) all() []ingest.Command {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]ingest.Command(nil), f.taken...)
}

// registry is a fixed one.
type registry struct{ snapshot *devices.Snapshot }

func (r registry) Snapshot() *devices.Snapshot { return r.snapshot }

func fleet(t testing.TB) registry {
	t.Helper()
	at := geo.Point{Lat: 41.9, Lon: 12.5}
	device := func(id, external, format string) devices.Device {
		return devices.Device{ID: id, Kind: devices.Bin, ExternalID: external, Format: format,
			Placements: []devices.Placement{{Comune: "058091", Point: at, Cell: at.Cell(geo.LevelFixed)}}}
	}
	list := []devices.Device{device("bin-1", "", ""), device("lora-1", "70b3d50000000001", "chirpstack"), device("new-1", "", ""), device("tas-1", "", "tasmota")}
	list[2].Pending = true
	s, err := devices.NewSnapshot(1, list)
	if err != nil {
		t.Fatal(err)
	}
	return registry{s}
}

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is a desk and its partners.
type rig struct {
	*Desk
	t     *testing.T
	js    jetstream.JetStream
	doors *fakeDoors
	clock *clock
	fleet registry
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, js: natstest.JetStream(t), doors: &fakeDoors{}, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, fleet: fleet(t)}
	r.Desk = r.open()
	return r
}

// open opens another desk on the same commands, as another process would.
func (r *rig) open() *Desk {
	r.t.Helper()
	d, err := Open(r.t.Context(), r.js, Options{Registry: r.fleet, Doors: r.doors, Now: r.clock.Now})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := d.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return d
}

func (r *rig) send(device, name, args string) Command {
	r.t.Helper()
	c, err := r.Send(r.t.Context(), "anna", device, name, []byte(args), 0)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// until waits for a command to come to a state, and returns it.
func (r *rig) until(d *Desk, id string, want State) Command {
	r.t.Helper()
	var c Command
	r.eventually("command "+string(want), func() bool {
		d.rouse()
		c, _ = d.Get(id)
		return c.State == want
	})
	return c
}

func (r *rig) eventually(what string, done func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			r.t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

// hear tells the desk of a message of a device, "" of none that is known.
func (r *rig) hear(device, door, topic, payload string) {
	r.Heard(r.fleet.snapshot.Device(device), &ingest.Message{Door: door, Topic: topic, Payload: []byte(payload)})
}
