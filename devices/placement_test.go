package devices_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
)

func TestPlace(t *testing.T) {
	f := func(comune, zone string, p *geo.Point, want, wantErr string) {
		t.Helper()
		got, err := devices.Place(gazetteer{}, comune, zone, p, time.Time{})
		if wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), wantErr) {
				t.Errorf("error %v does not say %q", err, wantErr)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Validate(); err != nil {
			t.Error(err)
		}
		if text := fmt.Sprint(got.Zone, " ", got.Point, " ", got.Uncertain); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
	f("058091", "", point(41.89, 12.49), "Municipio I "+geo.Point{Lat: 41.89, Lon: 12.49}.String()+" false", "")
	f("058091", "Trastevere", point(41.89, 12.49), "Trastevere "+geo.Point{Lat: 41.89, Lon: 12.49}.String()+" false", "")
	f("058091", "", nil, " "+geo.Point{Lat: 41.9, Lon: 12.5}.String()+" true", "")
	f("082053", "", nil, "", "give lat and lon")
	f("58091", "", nil, "", "six digits")
	f("058091", "", point(45, 12), "", errNorth.Error())
	if _, err := devices.Place(devices.Unchecked(gazetteer{}), "058091", "", point(45, 12), time.Time{}); err != nil {
		t.Errorf("forced: %v", err)
	}
	if _, err := devices.Place(devices.Unchecked(gazetteer{}), "058091", "", point(95, 12), time.Time{}); err == nil {
		t.Error("a latitude of 95 was forced")
	}
}

func TestPlaced(t *testing.T) {
	const home, near, away = "41.89", "41.89005", "41.95" // near is 5.5 m from home
	at := func(lat string, from time.Time) devices.Placement {
		var p devices.Placement
		if lat == "?" {
			p = place(t, nil)
		} else {
			var y float64
			fmt.Sscan(lat, &y)
			p = place(t, point(y, 12.49))
		}
		p.ValidFrom = from
		return p
	}
	since, now := time.Time{}, day(20)
	f := func(name string, had []devices.Placement, p devices.Placement, want string) {
		t.Helper()
		d := device(t, "air-1")
		d.Placements = had
		before := fmt.Sprint(had)
		d.Placements = d.Placed(p, now)
		var got []string
		for _, p := range d.Placements {
			where := fmt.Sprint(p.Point.Lat)
			if p.Uncertain {
				where = "?"
			}
			when := "0"
			if !p.ValidFrom.IsZero() {
				when = fmt.Sprint(p.ValidFrom.Day())
			}
			got = append(got, where+"@"+when)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", name, text, want)
		}
		if err := d.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if fmt.Sprint(had) != before {
			t.Errorf("%s: changed the placements that were given", name)
		}
	}
	list := func(p ...devices.Placement) []devices.Placement { return p }
	f("first", nil, at(home, since), "41.89@0")
	f("first, dated", nil, at(home, day(3)), "41.89@3")
	f("the same", list(at(home, since)), at(home, since), "41.89@0")
	f("surveyed again", list(at(home, since)), at(near, since), "41.89005@0")
	f("found at last", list(at("?", since)), at(home, since), "41.89@0")
	f("no position this time", list(at(home, since)), at("?", since), "41.89@0")
	f("moved now", list(at(home, since)), at(away, since), "41.89@0 41.95@20")
	f("moved at a date", list(at(home, since)), at(away, day(5)), "41.89@0 41.95@5")
	f("moved again", list(at(home, since), at(away, day(5))), at(home, since), "41.89@0 41.95@5 41.89@20")
	f("was there then anyway", list(at(home, since), at(away, day(5))), at(away, day(7)), "41.89@0 41.95@5")
	f("date corrected place", list(at(home, since), at(away, day(5))), at("41.93", day(5)), "41.89@0 41.93@5")
	f("in between", list(at(home, since), at(away, day(5))), at("41.93", day(3)), "41.89@0 41.93@3 41.95@5")
	f("since ever", list(at(home, since), at(away, day(5))), at("41.93", time.Unix(0, 0)), "41.93@0 41.95@5")
	f("before the first", list(at(home, day(5))), at(away, day(3)), "41.95@3 41.89@5")
	f("now, with a move planned", list(at(home, since), at(away, day(25))), at("41.93", since), "41.89@0 41.93@20 41.95@25")

	other := at("?", since)
	other.Comune = "082053"
	f("another comune", list(at(home, since)), other, "41.89@0 ?@20")
}

func TestAt(t *testing.T) {
	d := device(t, "air-1")
	for n := range 3 {
		p := d.Placements[0]
		p.ValidFrom = day(10 * (n + 1))
		p.Zone = fmt.Sprint(n)
		d.Placements = append(d.Placements, p)
	}
	d.Placements = d.Placements[1:]
	f := func(when time.Time, want string) {
		t.Helper()
		if got := d.At(when).Zone; got != want {
			t.Errorf("at %v it stood in %s, want %s", when, got, want)
		}
	}
	f(time.Time{}, "0")
	f(day(9), "0")
	f(day(10), "0")
	f(day(20).Add(-1), "0")
	f(day(20), "1")
	f(day(29), "1")
	f(day(30), "2")
	f(day(99), "2")
	if d.Current().Zone != "2" {
		t.Error("current is not the last")
	}
}
