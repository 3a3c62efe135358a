package reported_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"rione/devices/reported"
	"rione/geo"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// What was received last counts, in whatever order it is noted: quarantine gives
// old messages late.
func TestTheLastReportCounts(t *testing.T) {
	p := reported.New()
	if at, ok := p.Of("air-1"); ok {
		t.Errorf("somebody who said nothing is at %+v", at)
	}
	note := func(minutes int, lat float64, want float64) {
		t.Helper()
		p.Note("air-1", geo.Point{Lat: lat, Lon: 12.5}, noon.Add(time.Duration(minutes)*time.Minute).In(time.FixedZone("CET", 3600)))
		if at, ok := p.Of("air-1"); !ok || at.Point.Lat != want || at.Time.Location() != time.UTC {
			t.Errorf("after %v of minute %d it is at %+v; want %v", lat, minutes, at, want)
		}
	}
	note(5, 41.9, 41.9)
	note(3, 41.8, 41.9)
	note(5, 41.91, 41.91) // two of one moment: the later one told
	note(6, 42, 42)
	if _, ok := p.Of("air-2"); ok {
		t.Error("another device has a position")
	}
}

// A receiver that stands still wanders; what is kept is where it was first.
func TestWhatIsKept(t *testing.T) {
	p := reported.New()
	p.Restore(map[string]reported.Position{"air-1": {Point: geo.Point{Lat: 41.9, Lon: 12.5}, Time: noon}})
	f := func(minutes int, device string, lat float64, want ...float64) {
		t.Helper()
		p.Note(device, geo.Point{Lat: lat, Lon: 12.5}, noon.Add(time.Duration(minutes)*time.Minute))
		moved := p.Moved()
		if at, told := moved[device]; len(moved) != len(want) || told && at.Point.Lat != want[0] {
			t.Errorf("minute %d, %s at %v: moved %v, want %v", minutes, device, lat, moved, want)
		}
	}
	f(1, "air-1", 41.9004) // 44 m
	f(2, "air-1", 41.8996) // 89 m from there, but 44 m from what is kept
	if at, _ := p.Of("air-1"); at.Point.Lat != 41.8996 || p.Kept()["air-1"].Time != noon {
		t.Errorf("last %v, kept %v", at, p.Kept())
	}
	f(3, "air-1", 41.9005, 41.9005) // 56 m
	f(1, "air-1", 42)               // older
	f(4, "air-1", 41.9, 41.9)       // and back
	f(0, "air-2", 41.9, 41.9)
	if kept := p.Kept(); len(kept) != 2 || kept["air-1"].Time != noon.Add(4*time.Minute) {
		t.Errorf("kept %v", kept)
	}
}

func TestManyAtOnce(t *testing.T) {
	p := reported.New()
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 500 {
				id := fmt.Sprint("air-", i)
				p.Note(id, geo.Point{Lat: float64(worker)}, noon.Add(time.Duration(worker)))
				if _, ok := p.Of(id); !ok {
					t.Errorf("%s is not known", id)
				}
			}
		})
	}
	all.Wait()
	for i := range 500 {
		if at, _ := p.Of(fmt.Sprint("air-", i)); at.Point.Lat != 7 {
			t.Fatalf("air-%d is at %+v; want what was received last", i, at)
		}
	}
}
