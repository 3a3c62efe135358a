package rollup_test

import (
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// elsewhere returns the readings as if they had been taken in another place.
func elsewhere(points []ingest.Point, comune, zone string) []ingest.Point {
	out := make([]ingest.Point, len(points))
	for i, p := range points {
		place := *p.Place
		place.Comune, place.Zone = comune, zone
		p.Place = &place
		out[i] = p
	}
	return out
}

// restate deletes readings of a device and notes it, as a restatement does, and
// forgets them.
func (r *rig) restate(device string, from, to time.Time) {
	r.t.Helper()
	if err := r.store.client.Delete(r.t.Context(), r.opt.Bucket, "", from, to, device); err != nil {
		r.t.Fatal(err)
	}
	if err := r.open().Marker().Deleted(r.t.Context(), device, from, to); err != nil {
		r.t.Fatal(err)
	}
	var left []ingest.Point
	for _, p := range r.points {
		if p.Device.ID != device || p.Time.Before(from) || !p.Time.Before(to) {
			left = append(left, p)
		}
	}
	r.points = left
}

func of(device string, points []ingest.Point) (out []ingest.Point) {
	for _, p := range points {
		if p.Device.ID == device {
			out = append(out, p)
		}
	}
	return out
}

// A device that moved in the middle of an hour is restated from then on: its
// windows of the old place lose what belongs to the new one, or go where nothing
// is left of them, at every level and over crashes.
func TestRealRestatedPlace(t *testing.T) {
	server := influxtest.Start(t)
	f := func(name, bucket string, moved time.Duration, comune, zone string) {
		t.Run(name, func(t *testing.T) {
			day := time.Date(2026, 5, 30, 22, 0, 0, 0, time.UTC) // the month's last in Rome
			end := day.Add(24 * time.Hour)
			r := newRig(t, server, bucket, end.Add(time.Hour))
			r.write(nil, city(r, day, end.Add(time.Hour-interval)))
			r.finish(1<<30, 1)
			at := day.Add(moved)
			again := elsewhere(of("ap-1", since(r.points, at)), comune, zone)
			r.restate("ap-1", at, end.Add(48*time.Hour))
			r.finish(1, 5)
			compare(t, r, r.now.Add(-10*time.Minute))
			r.write(r.open(), again)
			r.finish(1, 5)
			compare(t, r, r.now.Add(-10*time.Minute))
		})
	}
	f("into another zone", "zone", 10*time.Hour+7*time.Minute, "058091", "Municipio II")
	f("into another comune", "comune", 10*time.Hour+7*time.Minute, "058032", "")
	f("from the beginning", "wholly", 0, "058091", "Municipio II")
}

func since(points []ingest.Point, t time.Time) (out []ingest.Point) {
	for _, p := range points {
		if !p.Time.Before(t) {
			out = append(out, p)
		}
	}
	return out
}

// Readings that were deleted for good take their windows along.
func TestRealDeletedReadings(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 3, 22, 0, 0, 0, time.UTC)
	to := from.Add(25 * time.Hour)
	r := newRig(t, server, "deleted", to)
	r.write(nil, city(r, from, to.Add(-interval)))
	r.finish(1<<30, 1)
	r.restate("light-1", from.Add(5*time.Hour+20*time.Minute), from.Add(9*time.Hour))
	r.restate("noise-1", from, to)
	r.finish(1, 3)
	compare(t, r, to.Add(-10*time.Minute))
	for _, l := range schema.Rollups() {
		for key := range r.stored(l) {
			if seriesOf(r.points)[key] == nil {
				t.Errorf("%v: %s stands, of which there is nothing", l, key)
			}
		}
	}
}

// What is deleted before any window is made of it needs no note.
func TestDeletedBeforeWindows(t *testing.T) {
	until := time.Unix(1_960_000*900, 0)
	n := &notebook{until: until}
	m := markerOf(t, n, nil)
	f := func(from, to time.Time, want int64) {
		t.Helper()
		n.marks = nil
		if err := m.Deleted(t.Context(), "air-1", from, to); err != nil {
			t.Fatal(err)
		}
		quarters := int64(0)
		for _, mark := range n.marks {
			if !mark.Anew || mark.Device != "air-1" {
				t.Errorf("mark %+v", mark)
			}
			if mark.Measurement == "air" {
				quarters += mark.To - mark.From
			}
		}
		if quarters != want {
			t.Errorf("%v to %v: %d quarters of air are noted, want %d", from, to, quarters, want)
		}
	}
	f(until, until.Add(time.Hour), 0)
	f(until.Add(-time.Second), until.Add(time.Hour), 1)
	f(until.Add(-20*time.Minute), until.Add(-15*time.Minute), 1)
	f(until.Add(-20*time.Minute), until.Add(-15*time.Minute+1), 2)
	f(until.Add(-time.Hour), until.Add(-time.Hour), 0)
}

// history is late readings of one device, one every ten minutes.
func history(r *rig, device string, from time.Time, days int) (out []ingest.Point) {
	for i := range days * 24 * 6 {
		out = append(out, r.point(device, "wifi_ap", from.Add(time.Duration(i)*10*time.Minute), nil, map[string]any{"up": i % 2, "clients": i % 50, "uptime_s": 600 * i}))
	}
	return out
}

// History of weeks is made into windows in few, long pieces, also where many
// commits noted it bit by bit, and for devices with the same history at once.
func TestRealHistoryInLongPieces(t *testing.T) {
	server := influxtest.Start(t)
	const days = 40
	from := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	to := from.Add((days + 1) * 24 * time.Hour)
	r := newRig(t, server, "history", to)
	r.opt.Stride = 60 * 24 * time.Hour
	r.write(nil, city(r, from, from.Add(time.Hour)))
	r.finish(1<<30, 1)
	run := r.open()
	for _, device := range []string{"ap-2", "ap-3"} {
		points := history(r, device, from, days)
		for len(points) > 0 {
			n := min(500, len(points)) // of one commit
			r.write(run, points[:n])
			points = points[n:]
		}
	}
	r.store.asked = 0
	r.finish(1<<30, 1)
	// Of each of two months: the readings after it; the last ones before it, what
	// stands and the readings; and for three levels what stands, the windows below,
	// and those of the devices of the place.
	if most := 2*(1+3+3*3) + 2; r.store.asked > most {
		t.Errorf("%d queries for the history of %d days, want %d at most", r.store.asked, days, most)
	}
	compare(t, r, to.Add(-15*time.Minute))
}

// Two devices whose late readings are apart are not made again in between.
func TestRealLateApart(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "apart", from.Add(5*time.Hour))
	r.write(nil, city(r, from, from.Add(4*time.Hour)))
	r.finish(1<<30, 1)
	clear(r.store.writes)
	at := func(minutes int) ingest.Point {
		return r.point("air-1", "air", from.Add(time.Duration(minutes)*time.Minute+30*time.Second), []ingest.Tag{{Name: "grade", Value: "reference"}}, map[string]any{"temp_c": 11.0})
	}
	r.write(r.open(), []ingest.Point{at(67), at(82), at(187)}) // two quarters side by side, one apart
	r.finish(1<<30, 1)
	for _, want := range []string{"air_15m 2026-05-04T01:00:00Z", "air_15m 2026-05-04T01:15:00Z", "air_15m 2026-05-04T03:00:00Z", "air_1h 2026-05-04T01:00:00Z", "air_1h 2026-05-04T03:00:00Z", "air_place_1h 2026-05-04T01:00:00Z", "air_place_1h 2026-05-04T03:00:00Z"} {
		if r.store.writes[want] != 1 {
			t.Errorf("%s is written %d times", want, r.store.writes[want])
		}
		delete(r.store.writes, want)
	}
	if len(r.store.writes) > 0 {
		t.Errorf("written too: %v", r.store.writes)
	}
}
