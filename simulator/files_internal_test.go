package simulator

import (
	"strings"
	"testing"
)

func TestConnectionsThatTheLimitOfFilesForbids(t *testing.T) {
	f := func(connections, limit int, want ...string) {
		t.Helper()
		err := checkFiles(connections, limit)
		if (err == nil) != (want == nil) {
			t.Fatalf("%d connections of %d files: %v", connections, limit, err)
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v, want %q", err, w)
			}
		}
	}
	f(20_000, 0)
	f(20_000, 65_536)
	f(20_000, 20_000+spareFiles)
	f(20_000, 20_000+spareFiles-1, "may have 20177", "ulimit -Hn 20178", "LimitNOFILE=20178", "--part 1/2 ")
	f(20_000, 1024, "in 24 processes")
	f(10, 100, "10 connections need 188")
}

// Nothing is opened where not all can be: the error comes before the first dial.
func TestTheLimitIsLookedAtFirst(t *testing.T) {
	limit := fileLimit()
	if limit == 0 || limit > 100_000 {
		t.Skipf("SKIPPED: the limit of open files is %d, and a city of more takes long to make", limit)
	}
	city, err := NewCity(CityOptions{Devices: limit, Comuni: []Place{{Code: "058091", Lat: 41.9, Lon: 12.5}}, Formats: []string{"native"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(t.Context(), city, Options{Broker: "tcp://127.0.0.1:1"})
	if err == nil || !strings.Contains(err.Error(), "open files") {
		t.Errorf("%d connections of %d files: %v", limit, limit, err)
	}
}

// What is pushed has no connection of its own.
func TestPushedDevicesNeedNoFiles(t *testing.T) {
	f := func(push bool, want int) {
		t.Helper()
		city, err := NewCity(CityOptions{Devices: 50, Comuni: []Place{{Code: "058091", Lat: 41.9, Lon: 12.5}}, Push: push})
		if err != nil {
			t.Fatal(err)
		}
		l := newLoad(city, &Options{})
		if got := l.sockets(); got != want {
			t.Errorf("pushed %v: %d sockets, want %d", push, got, want)
		}
	}
	f(false, 50)
	f(true, 0)
}
