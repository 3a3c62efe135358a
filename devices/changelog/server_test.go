package changelog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
	"rione/devices/changelog"
	"rione/geo"
)

// startServer runs a NATS server with JetStream in this process, without a
// port, on the files in dir, and returns a function that ends it.
func startServer(dir string) (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		DontListen: true, JetStream: true, StoreDir: dir, SyncAlways: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return nil, fmt.Errorf("NATS server in %s is not ready", dir)
	}
	return s, nil
}

func connect(s *server.Server) (jetstream.JetStream, *nats.Conn, error) {
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc)
	return js, nc, err
}

// newJetStream returns the JetStream of a server of the test's own.
func newJetStream(t testing.TB) jetstream.JetStream {
	t.Helper()
	return jetStreamIn(t, t.TempDir())
}

func jetStreamIn(t testing.TB, dir string) jetstream.JetStream {
	t.Helper()
	s, err := startServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	js, nc, err := connect(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return js
}

func open(t testing.TB, js jetstream.JetStream, o changelog.Options) *changelog.Log {
	t.Helper()
	l, err := changelog.Open(t.Context(), js, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// apply stores entries or ends the test.
func apply(t testing.TB, l *changelog.Log, put ...devices.Device) *devices.Snapshot {
	t.Helper()
	s, err := l.Apply(t.Context(), changeSet(put...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func changeSet(put ...devices.Device) devices.ChangeSet {
	return devices.ChangeSet{Author: "test", Put: put}
}

func device(id string) devices.Device {
	at := geo.Point{Lat: 41.8902, Lon: 12.4922}
	return devices.Device{
		ID: id, Kind: devices.Air, Name: "Sensor " + id, Interval: time.Minute,
		Placements: []devices.Placement{{Comune: "058091", Zone: "Municipio I", Point: at, Cell: at.Cell(geo.LevelFixed)}},
	}
}

// fleet returns n devices, like a city's: every one somewhere else.
func fleet(n int) []devices.Device {
	put := make([]devices.Device, n)
	for i := range put {
		d := device(fmt.Sprintf("dev-%06d", i))
		at := geo.Point{Lat: 41.8 + float64(i%331)*0.0007, Lon: 12.3 + float64(i/331)*0.0009}
		d.Name, d.ExternalID = fmt.Sprintf("Via di prova %d, palo %d", i%900, i), fmt.Sprintf("a84041%010x", i)
		d.Placements[0].Point, d.Placements[0].Cell = at, at.Cell(geo.LevelFixed)
		d.Placements[0].Zone = fmt.Sprintf("Municipio %d", i%15+1)
		put[i] = d
	}
	return put
}

// eventually waits until done returns true.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}
