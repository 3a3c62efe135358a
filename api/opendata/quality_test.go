package opendata

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rione/devices"
)

func of(initiative string) func(*Publication) {
	return func(p *Publication) { p.Initiative = initiative }
}

// TestQuality of an initiative follows its data sets alone: what is prepared, and
// what is of others, does not count.
func TestQuality(t *testing.T) {
	since := func(ago time.Duration) func(*devices.Device) {
		return func(d *devices.Device) { d.Placements[0].ValidFrom = noon().Add(-ago) }
	}
	r := newRig(t,
		device("air-1", devices.Air, offset(0), every(6*time.Hour)),
		device("air-2", devices.Air, offset(1), every(6*time.Hour), since(12*time.Hour)),
		device("air-new", devices.Air, offset(2), every(6*time.Hour), since(time.Hour)), // nothing is expected of it yet
		device("air-home", devices.Air, offset(3), every(6*time.Hour), home),
		device("noise-1", devices.Noise, offset(0), every(time.Hour)),
		device("traffic-1", devices.Traffic, offset(0), every(12*time.Hour)))
	f := func(sets int, fresh, complete float64) {
		t.Helper()
		r.now = r.now.Add(stateAge) // judged anew
		q, err := r.Quality(t.Context(), "roma")
		if err != nil || q.DataSets != sets || q.UpToDate != fresh || q.Completeness < complete-1e-9 || q.Completeness > complete+1e-9 {
			t.Errorf("%+v, %v; want %d sets, %v fresh, %v complete", q, err, sets, fresh, complete)
		}
	}
	f(0, 0, 0)
	r.publish("prepared", "air", Single, 0, of("roma"), func(p *Publication) { p.Published = false })
	r.publish("air-of-others", "air", Single, 0, of("palermo"))
	f(0, 0, 0)
	r.publish("air", "air", Single, 0, of("roma"))
	f(1, 0, 0)
	for hours := range 3 { // 3 of the 4 of a day
		r.say("air-1", "air", noon().Add(-time.Duration(hours)*6*time.Hour), "pm10_ugm3=20")
		r.say("air-home", "air", noon().Add(-time.Duration(hours)*6*time.Hour), "pm10_ugm3=20")
	}
	f(1, 1, 0.5) // 3 of 4 and 2
	r.say("air-new", "air", noon(), "pm10_ugm3=20")
	for minute := range 9 { // more than expected counts no more than expected
		r.say("air-2", "air", noon().Add(-time.Duration(minute+1)*time.Minute), "pm10_ugm3=20")
	}
	f(1, 1, 5.0/6)
	r.publish("noise", "noise", Single, 0, of("roma"))
	r.say("noise-1", "noise", noon().Add(-3*time.Hour), "laeq_db=50")
	f(2, 0.5, (5.0/6+1.0/24)/2) // noise is three hours old where it has one every hour
	r.publish("traffic", "traffic", Single, 0, of("roma"))
	for _, lane := range []string{"1", "2", "3"} {
		r.say("traffic-1", "traffic", noon(), "count=4i", "lane="+lane)
	}
	f(3, 2.0/3, (5.0/6+1.0/24+0.5)/3) // lanes are one reading
	r.publish("people", "people", Groups, 1, of("roma"))
	f(4, 0.5, (5.0/6+1.0/24+0.5)/4)
	r.store.Kill()
	r.now = r.now.Add(stateAge)
	if q, err := r.Quality(t.Context(), "roma"); err == nil {
		t.Errorf("without a store the quality is %+v", q)
	}
}

// TestSets: one row a data set that is out, with what is known of it.
func TestSets(t *testing.T) {
	r := newRig(t, device("air-1", devices.Air, offset(0), every(6*time.Hour)), device("noise-1", devices.Noise, offset(0), every(time.Hour)))
	r.publish("air", "air", Single, 0, of("roma"))
	r.publish("noise", "noise", Single, 0, of("roma"), func(p *Publication) { p.Licence = "CC0-1.0" })
	r.publish("prepared", "bin", Single, 0, of("roma"), func(p *Publication) { p.Published = false })
	r.publish("air-of-others", "air", Single, 0, of("palermo"))
	r.say("air-1", "air", noon().Add(-6*time.Hour), "pm10_ugm3=20")
	got, err := r.Sets(t.Context(), "roma")
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	slices.SortFunc(got, func(a, b SetQuality) int { return strings.Compare(a.ID, b.ID) })
	if a := got[0]; a.ID != "air" || a.Licence != "CC-BY-4.0" || !a.UpToDate || !a.Newest.Equal(noon().Add(-6*time.Hour)) || a.Completeness != 0.25 {
		t.Errorf("air: %+v", a)
	}
	if n := got[1]; n.ID != "noise" || n.Licence != "CC0-1.0" || n.UpToDate || !n.Newest.IsZero() || n.Completeness != 0 {
		t.Errorf("noise: %+v", n)
	}
}

// TestGroupsAreUpToDate while their newest hour is the one before the last that
// may be out.
func TestGroupsAreUpToDate(t *testing.T) {
	r := newRig(t)
	p := Publication{Form: Groups, DelayH: 24}
	f := func(age time.Duration, want bool) {
		t.Helper()
		if got := r.upToDate(&p, state{Newest: noon().Add(-age)}); got != want {
			t.Errorf("newest row of %v ago: %v", age, got)
		}
	}
	f(25*time.Hour, true)
	f(26*time.Hour, true)
	f(27*time.Hour, false)
	if r.upToDate(&p, state{}) {
		t.Error("a data set without rows is up to date")
	}
}
