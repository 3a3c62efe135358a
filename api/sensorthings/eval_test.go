package sensorthings

import "testing"

// TestWhatHasNoValue asks what operators and functions cannot answer: they have no
// value, which equals null and chooses nothing, and are no error of ours.
func TestWhatHasNoValue(t *testing.T) {
	d := newDoor(t)
	f := func(set, filter string, want int) {
		t.Helper()
		if got := len(d.list("/"+set, "$filter="+filter, "$top=1000")); got != want {
			t.Errorf("%s: %s: %d, want %d", set, filter, got, want)
		}
	}
	const line, corner = "geography'LINESTRING(0 0,1 1)'", "geography'POINT(0 0)'"
	f("Observations", "result gt true", 0)
	f("Observations", "not result", 0)
	f("Observations", "true gt false", 0)
	f("Observations", "true ne false and false eq false", 25)
	f("Observations", "-phenomenonTime eq null", 25)
	f("Observations", "result add 'x' eq null", 25)
	f("Observations", "result mod 0 eq null", 25)
	f("Observations", "year(result) eq null and round('x') eq null and length(result) eq null", 25)
	f("Observations", "result lt null", 0)
	f("Observations", "result ne null", 25)
	f("Locations", "st_equals(location, "+line+") eq null", 12)
	f("Locations", "st_within("+line+", location) eq null", 12)
	f("Locations", "geo.distance("+line+", "+line+") eq null", 12)
	f("Locations", "geo.intersects("+line+", "+line+")", 0)
	f("Locations", "geo.length(location) eq null", 12)
	f("Locations", "geo.distance(name, "+corner+") eq null", 12)
	f("Locations", "st_crosses(location, "+corner+") or st_overlaps(location, "+corner+")", 0)
}

// TestTimesAndDurations computes with times: a duration more or less, and the time
// between two.
func TestTimesAndDurations(t *testing.T) {
	d := newDoor(t)
	f := func(filter string, want int) {
		t.Helper()
		if got := len(d.list("/Observations", "$filter="+filter, "$top=1000")); got != want {
			t.Errorf("%s: %d, want %d", filter, got, want)
		}
	}
	f("2026-03-01T11:00:00Z add duration'PT1H' eq phenomenonTime", 25)
	f("2026-03-01T13:30:00+01:00 sub duration'PT30M' eq phenomenonTime", 25)
	f("2026-03-01T13:00:00Z sub 2026-03-01T12:00:00Z eq duration'PT1H'", 25)
	f("duration'PT59M' lt duration'PT1H' and duration'P1D' gt duration'PT23H'", 25)
	f("duration'PT1H' eq 'PT1H'", 0)
	f("2026-03-01T11:00:00Z mul 2 eq null", 25)
	f("2026-03-01T11:00:00Z add 2026-03-01T11:00:00Z eq null", 25)
	f("2026-03-01T11:00:00Z add 1 eq null", 25)
}

// TestPartsOfTexts takes places within a text beyond its ends: what is there counts,
// and a length below zero is none.
func TestPartsOfTexts(t *testing.T) {
	d := newDoor(t)
	f := func(filter string, want int) {
		t.Helper()
		if got := len(d.list("/Things", "$filter="+filter, "$top=1000")); got != want {
			t.Errorf("%s: %d, want %d", filter, got, want)
		}
	}
	f("substring(name,99) eq ''", 13)
	f("substring(name,-1,3) eq 'air'", 12)
	f("substring(name,4,99) eq '05'", 1)
	f("substring(name,0,-1) eq null", 13)
	f("substring('Città',4) eq 'à' and length('Città') eq 5 and indexof('Città','à') eq 4", 13)
	f("indexof(name,'?') eq -1", 13)
	f("substring(name,'x') eq null", 13)
}
