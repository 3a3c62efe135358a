package process

import (
	"testing"

	"rione/devices"
	"rione/geo"
)

// What keeps a message in quarantine says what lets it out.
func TestWhyUnknown(t *testing.T) {
	roma, _ := geo.ComuneByCode("058091")
	of := func(id string) devices.Device {
		return devices.Device{ID: id, Kind: devices.Air, Placements: []devices.Placement{{Comune: roma.Code, Point: roma.Point, Cell: roma.Point.Cell(geo.LevelFixed)}}}
	}
	gone, waits, both := of("gone-1"), of("waits-1"), of("both-1")
	gone.Retired, waits.Pending, both.Retired, both.Pending = true, true, true, true
	s, err := devices.NewSnapshot(1, []devices.Device{gone, waits, both})
	if err != nil {
		t.Fatal(err)
	}
	f := func(identity, want string) {
		t.Helper()
		if got := whyUnknown(s, identity); got != want {
			t.Errorf("%s: %q, want %q", identity, got, want)
		}
		if s.Resolve(identity) != nil {
			t.Errorf("%s is known", identity)
		}
	}
	f("nobody", "no device nobody is registered")
	f("waits-1", "device waits-1 waits for approval; see `rione devices approve`")
	f("gone-1", "device gone-1 is retired; `rione devices change gone-1 --retired=false` brings it back")
	f("both-1", "device both-1 is retired; `rione devices change both-1 --retired=false` brings it back")
}
