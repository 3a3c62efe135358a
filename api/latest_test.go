package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// of returns what is kept of a device as the API shows it.
func (r *rig) of(id string) DeviceLatest {
	r.t.Helper()
	page := get[LatestPage](r, "/v1/readings/latest?device="+id)
	if len(page.Devices) != 1 {
		r.t.Fatalf("%d devices", len(page.Devices))
	}
	return page.Devices[0]
}

func TestLatest(t *testing.T) {
	r := newRig(t, smallFleet(), func(o *Options) { o.Now = func() time.Time { return noon.Add(time.Minute) } })
	air := r.registry.Snapshot().Device("air-1")
	grade := ingest.Tag{Name: "grade", Value: "indicative"}
	put := func(at time.Time, fields map[string]float64, tags ...ingest.Tag) {
		p := point(t, air, "air", at, fields, tags...)
		p.Quality = ingest.Quality(len(fields))
		r.latest.Stored([]ingest.Point{p})
	}
	if d := r.of("air-1"); d.State != Silent || d.Seen != nil || len(d.Readings) != 0 {
		t.Errorf("before everything: %+v", d)
	}
	put(noon, map[string]float64{"temp_c": 21.5, "rh_pct": 40}, grade)
	put(noon.Add(time.Second), map[string]float64{"temp_c": 22}, grade)
	put(noon.Add(-time.Hour), map[string]float64{"temp_c": -5, "rh_pct": 99}, grade)
	put(noon.Add(-time.Hour), map[string]float64{"pm10_ugm3": 30}, grade)
	d := r.of("air-1")
	if len(d.Readings) != 1 || d.State != Online || !d.Seen.Equal(noon.Add(time.Second)) {
		t.Fatalf("%+v", d)
	}
	got, _ := json.Marshal(d.Readings[0])
	want := `{"measurement":"air","tags":{"grade":"indicative"},"time":"2026-03-01T12:00:01Z","q":1,"fields":{"pm10_ugm3":30,"rh_pct":40,"temp_c":22}}`
	if string(got) != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	put(noon, map[string]float64{"temp_c": 1}) // another series
	put(noon.Add(time.Second), map[string]float64{"temp_c": 22.5}, grade)
	d = r.of("air-1")
	if len(d.Readings) != 2 || d.Readings[0].Fields["temp_c"] != 22.5 || d.Readings[1].Tags != nil {
		t.Errorf("the same time again, and another series: %+v", d.Readings)
	}
}

func TestLatestTagsInAnyOrder(t *testing.T) {
	r := newRig(t, smallFleet())
	wifi := r.registry.Snapshot().Device("wifi-1")
	a, b := ingest.Tag{Name: "band", Value: "5g"}, ingest.Tag{Name: "radio", Value: "1"}
	r.latest.Stored([]ingest.Point{
		point(t, wifi, "wifi_radio", noon, map[string]float64{"clients": 3}, a, b),
		point(t, wifi, "wifi_radio", noon.Add(1), map[string]float64{"clients": 4}, b, a),
		point(t, wifi, "wifi_radio", noon, map[string]float64{"clients": 5}, a, ingest.Tag{Name: "radio", Value: "2"}),
	})
	if d := r.of("wifi-1"); len(d.Readings) != 2 || d.Readings[0].Fields["clients"] != 4.0 {
		t.Errorf("%+v", d.Readings)
	}
}

func TestLatestIgnoresWhatIsNoReading(t *testing.T) {
	r := newRig(t, smallFleet())
	air := r.registry.Snapshot().Device("air-1")
	r.latest.Stored([]ingest.Point{
		{Measurement: schema.Lookup("ledger"), Time: noon},
		point(t, air, "suspect", noon, map[string]float64{"value": 900}),
		point(t, air, "event", noon, map[string]float64{"severity": 3}),
	})
	if d := r.of("air-1"); len(d.Readings) != 0 {
		t.Errorf("%+v", d.Readings)
	}
	if n := r.latest.Points(); n != 3 {
		t.Errorf("%d points counted", n)
	}
}

func TestLatestIsBounded(t *testing.T) {
	l := NewLatest(LatestOptions{Devices: 100})
	var points []ingest.Point
	for i := range 10_000 {
		d := device(fmt.Sprintf("air-%d", i), devices.Air, "058091", "", rome)
		points = append(points, point(t, &d, "air", noon, map[string]float64{"temp_c": 1}))
	}
	l.Stored(points)
	if n := keptDevices(l); n < 100 || n > 300 || l.refused.Load() != uint64(10_000-n) {
		t.Errorf("%d devices kept, %d refused", n, l.refused.Load())
	}
	d := device("wifi-1", devices.WifiAP, "058091", "", rome)
	l = NewLatest(LatestOptions{})
	for i := range 1000 {
		p := point(t, &d, "net_if", noon.Add(time.Duration(i)), map[string]float64{"up": 1}, ingest.Tag{Name: "ifname", Value: fmt.Sprint(i)})
		l.Stored([]ingest.Point{p})
	}
	l.view("wifi-1", func(d *latestDevice) {
		if len(d.series) != seriesOfADevice {
			t.Errorf("%d series", len(d.series))
		}
	})
}

func keptDevices(l *Latest) (n int) {
	for i := range l.shards {
		n += len(l.shards[i].devices)
	}
	return n
}

func TestLatestCopiesText(t *testing.T) {
	l := NewLatest(LatestOptions{})
	d := device("wifi-1", devices.WifiAP, "058091", "", rome)
	f := &schema.Field{Name: "note", Type: schema.Text}
	buffer := []byte("before")
	l.Stored([]ingest.Point{{Measurement: schema.Lookup("wifi_ap"), Device: &d, Place: d.Current(), Time: noon,
		Fields: []ingest.FieldValue{{Field: f, Text: string(buffer)}}}})
	l.view("wifi-1", func(d *latestDevice) {
		if got := string(appendField(nil, &d.series[0].fields[0].value)); got != `"note":"before"` {
			t.Errorf("%s", got)
		}
	})
}

func TestForget(t *testing.T) {
	r := newRig(t, smallFleet())
	gone := device("gone-1", devices.Air, "058091", "", rome)
	air := r.registry.Snapshot().Device("air-1")
	retired := r.registry.Snapshot().Device("air-old")
	for _, d := range []*devices.Device{&gone, air, retired} {
		r.latest.Stored([]ingest.Point{point(t, d, "air", noon, map[string]float64{"temp_c": 1})})
	}
	r.latest.Forget(r.registry.Snapshot())
	if n := keptDevices(r.latest); n != 1 || r.latest.Seen("air-1").IsZero() {
		t.Errorf("%d devices left", n)
	}
}

// TestLatestAllocatesNothing holds the promise made to the hot path.
func TestLatestAllocatesNothing(t *testing.T) {
	l, points := benchPoints(t, 100)
	at := noon
	allocs := testing.AllocsPerRun(100, func() {
		at = at.Add(time.Second)
		for i := range points {
			points[i].Time = at
		}
		l.Stored(points)
	})
	if allocs > 0 {
		t.Errorf("%v allocations for %d points", allocs, len(points))
	}
}

func TestLatestConcurrently(t *testing.T) {
	l, points := benchPoints(t, 50)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			mine := append([]ingest.Point(nil), points...)
			for i := range 200 {
				for j := range mine {
					mine[j].Time = noon.Add(time.Duration(i*4+w) * time.Second)
				}
				l.Stored(mine)
			}
		})
	}
	all.Go(func() {
		for range 200 {
			l.advance(func(*latestDevice) {})
			l.Seen("air-7")
		}
	})
	all.Wait()
	if got, want := l.Seen(points[7].Device.ID), noon.Add(799*time.Second); !got.Equal(want) {
		t.Errorf("seen %v, want %v", got, want)
	}
}

func TestGeoJSON(t *testing.T) {
	r := newRig(t, smallFleet())
	f := func(in request) {
		t.Helper()
		w := r.do(in)
		var c struct {
			Type     string
			Features []struct {
				ID       string
				Geometry struct{ Coordinates [2]float64 }
			}
			Next string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || w.Header().Get("Content-Type") != geojsonType {
			t.Fatalf("%v: %s %s", err, w.Header().Get("Content-Type"), w.Body)
		}
		if len(c.Features) != 1 || c.Features[0].ID != "air-1" || c.Features[0].Geometry.Coordinates != [2]float64{12.48, 41.9} || c.Next == "" {
			t.Errorf("%+v", c)
		}
	}
	f(request{path: "/v1/readings/latest?format=geojson&limit=1"})
	f(request{path: "/v1/readings/latest?limit=1", header: map[string]string{"Accept": "application/geo+json"}})
}

func TestLatestChoosesMeasurement(t *testing.T) {
	r := newRig(t, smallFleet())
	wifi := r.registry.Snapshot().Device("wifi-1")
	r.latest.Stored([]ingest.Point{
		point(t, wifi, "wifi_ap", noon, map[string]float64{"clients": 3}),
		point(t, wifi, "device", noon, map[string]float64{"online": 1}),
	})
	page := get[LatestPage](r, "/v1/readings/latest?device=wifi-1,air-1&measurement=device")
	if len(page.Devices) != 2 || len(page.Devices[1].Readings) != 1 || page.Devices[1].Readings[0].Measurement != "device" {
		t.Errorf("%+v", page)
	}
	problemOf(t, r.do(request{path: "/v1/readings/latest?measurement=nothing"}), 422)
}

// TestRebuild compares what is known after a restart with what was known before.
func TestRebuild(t *testing.T) {
	store, server := withInflux(t)
	r := newRig(t, demoCity(), store)
	before := NewLatest(LatestOptions{})
	now := time.Now().UTC()
	var lines []string
	for i, d := range r.registry.Snapshot().All() {
		for age := range 3 {
			p := demoPoint(t, d, now.Add(-time.Duration(i+age*60)*time.Second))
			p.Quality = ingest.Quality(age)
			lines = append(lines, line(&p))
			before.Stored([]ingest.Point{p})
		}
	}
	write(t, server, lines)
	newer := demoPoint(t, r.registry.Snapshot().All()[0], now.Add(time.Second))
	before.Stored([]ingest.Point{newer})
	r.latest.Stored([]ingest.Point{newer})
	if err := r.latest.Rebuild(context.Background(), r.o.Store, r.registry.Snapshot(), r.o.Bucket, r.o.Movers); err != nil {
		t.Fatal(err)
	}
	for _, d := range r.registry.Snapshot().All() {
		v := shown{device: d, now: now}
		var want, got string
		before.view(d.ID, func(l *latestDevice) { want = string(appendLatest(nil, &v, l)) })
		r.latest.view(d.ID, func(l *latestDevice) { got = string(appendLatest(nil, &v, l)) })
		if decodeAny(t, got) != decodeAny(t, want) {
			t.Fatalf("%s\nwant %s", got, want)
		}
	}
	if err := r.latest.Rebuild(context.Background(), brokenStore{}, r.registry.Snapshot(), r.o.Bucket, r.o.Movers); err == nil {
		t.Error("a broken store is no error")
	}
}

// TestMoversAreRemembered starts a server over a store that has a device's
// readings in the bucket of movers, of two cells: the newest is the latest.
func TestMoversAreRemembered(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets(schema.BucketFixed, schema.BucketMovers)
	r := newRig(t, smallFleet(), func(o *Options) {
		o.Store, o.Movers = server.Client(), schema.BucketMovers
	})
	now := time.Now().Truncate(time.Millisecond)
	say := func(bucket, id, measurement string, ago time.Duration, cell string, fields map[string]float64) {
		t.Helper()
		p := point(t, r.registry.Snapshot().Device(id), measurement, now.Add(-ago), fields)
		place := *p.Place
		place.Cell = cell
		p.Place = &place
		writeTo(t, server, bucket, []string{line(&p)})
	}
	say(schema.BucketMovers, "air-1", "air", 3*time.Minute, "132f61", map[string]float64{"temp_c": 19})
	say(schema.BucketMovers, "air-1", "air", 2*time.Minute, "132f5f", map[string]float64{"temp_c": 20})
	say(schema.BucketMovers, "air-1", "air", 4*time.Minute, "132f63", map[string]float64{"temp_c": 18})
	say(schema.BucketFixed, "noise-1", "noise", time.Minute, "1319f1", map[string]float64{"laeq_db": 55})
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(20 * time.Second); r.latest.Seen("air-1").IsZero() || r.latest.Seen("noise-1").IsZero(); <-ticker.C {
		if time.Now().After(end) {
			t.Fatal("the latest values were not rebuilt from both buckets")
		}
	}
	if seen := r.latest.Seen("air-1"); !seen.Equal(now.Add(-2 * time.Minute)) {
		t.Errorf("the mover was heard at %v, want %v", seen, now.Add(-2*time.Minute))
	}
	page := get[LatestPage](r, "/v1/readings/latest?device=air-1")
	if len(page.Devices) != 1 || len(page.Devices[0].Readings) != 1 || fmt.Sprint(page.Devices[0].Readings[0].Fields["temp_c"]) != "20" {
		t.Errorf("%+v", page)
	}
}

// TestStartRebuilds starts a server whose store answers at the second question.
func TestStartRebuilds(t *testing.T) {
	store, server := withInflux(t)
	r := newRig(t, smallFleet(), store, func(o *Options) { o.Store = &lateStore{Store: o.Store} })
	p := point(t, r.registry.Snapshot().Device("air-1"), "air", time.Now().Add(-time.Minute), map[string]float64{"temp_c": 21})
	write(t, server, []string{line(&p)})
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(20 * time.Second); r.latest.Seen("air-1").IsZero(); <-ticker.C {
		if time.Now().After(end) {
			t.Fatal("the latest values were not rebuilt")
		}
	}
}

// lateStore fails the first query.
type lateStore struct {
	Store
	asked atomic.Int32
}

func (s *lateStore) Query(ctx context.Context, db, q string) ([]ingest.Series, error) {
	if s.asked.Add(1) == 1 {
		return nil, errors.New("starting")
	}
	return s.Store.Query(ctx, db, q)
}

// decodeAny makes two JSON texts comparable whatever the order of members.
func decodeAny(t testing.TB, text string) string {
	t.Helper()
	out, err := json.Marshal(decode[any](t, []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// benchPoints returns a Latest that knows n devices, and points of them all.
func benchPoints(t testing.TB, n int) (*Latest, []ingest.Point) {
	l := NewLatest(LatestOptions{})
	var points []ingest.Point
	for i := range n {
		d := device(fmt.Sprintf("air-%d", i), devices.Air, "058091", "Municipio I", geo.Point{Lat: 41.8 + float64(i)/1e6, Lon: 12.5})
		points = append(points, point(t, &d, "air", noon, map[string]float64{"temp_c": 21.5, "rh_pct": 40, "pm10_ugm3": 18, "pm25_ugm3": 9.5},
			ingest.Tag{Name: "grade", Value: "indicative"}))
	}
	l.Stored(points)
	return l, points
}
