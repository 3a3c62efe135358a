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
