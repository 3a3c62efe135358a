package api

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/schema"
)

const thirtyHours = "&start=2026-02-28T06:00:00Z&end=2026-03-01T12:00:00Z"

// sameAsReadings asks for an aggregate and for the same of the readings alone, and
// returns the answer.
func sameAsReadings(t *testing.T, r *rig, query string, windows int) ReadingPage {
	t.Helper()
	got, want := get[ReadingPage](r, "/v1/readings?"+query), get[ReadingPage](r, "/v1/readings?level=raw&"+query)
	if want.Places || len(want.Readings) != windows || len(got.Readings) != windows {
		t.Fatalf("%s: %d windows, of readings %d (places %v); want %d", query, len(got.Readings), len(want.Readings), want.Places, windows)
	}
	for i, w := range want.Readings {
		g := got.Readings[i]
		if !g.Time.Equal(w.Time) || g.Comune != w.Comune || g.Zone != w.Zone || fmt.Sprint(g.Tags) != fmt.Sprint(w.Tags) || len(g.Fields) != len(w.Fields) {
			t.Fatalf("%s: %+v, want %+v", query, g, w)
		}
		for name := range w.Fields {
			a, b := g.Fields[name].(float64), w.Fields[name].(float64)
			if math.Abs(a-b) > 1e-6*math.Max(1, math.Abs(b)) {
				t.Errorf("%s: %v %s is %v, of readings %v", query, g.Time, name, a, b)
			}
		}
	}
	return got
}

// What is asked of a comune or its zones comes of windows of places where these can
// tell it, and is what the readings say.
func TestAggregatesOfPlaces(t *testing.T) {
	var since time.Time
	r := rolledRigOf(t, smallFleet(), &since)
	f := func(query, level string, places bool, windows int) {
		t.Helper()
		got := sameAsReadings(t, r, query+thirtyHours, windows)
		if got.Level != level || got.Places != places {
			t.Errorf("%s: level %s, of places %v; want %s, %v", query, got.Level, got.Places, level, places)
		}
	}
	const air = "comune=058091&measurement=air&fields=temp_c,pm10_ugm3&aggregate="
	for _, function := range []string{"mean", "min", "max", "sum", "count"} {
		f(air+function+"&window=1h", "1h", true, 30)
		f(air+function+"&window=3h", "1h", true, 10)
		f(air+function+"&window=5h&order=desc", "1h", true, 7)
	}
	for _, function := range []string{"mean", "min", "max", "sum", "count"} {
		f("comune=058091&measurement=air&fields=temp_c&window=1h&by=zone&aggregate="+function, "1h", true, 60)
	}
	f("comune=058091&measurement=air&fields=temp_c&window=1h&by=comune", "1h", true, 30)
	f("comune=058091&measurement=weather&fields=wind_deg&window=2h", "1h", true, 15)
	f("comune=058091&measurement=wifi_ap&fields=up,clients,uptime_s&aggregate=count&window=1h&by=zone", "1h", true, 30)
	f("comune=082053&measurement=noise&fields=laeq_db&aggregate=count&window=1h", "1h", true, 30)
	f("comune=082053&measurement=noise&fields=laeq_db&aggregate=max&window=1h", "1h", true, 30)

	f("comune=082053&measurement=noise&fields=laeq_db&aggregate=mean&window=1h", "1h", false, 30) // readings count alike
	f("comune=058091&measurement=air&fields=temp_c&window=15m", "15m", false, 120)
	f("comune=058091&measurement=air&fields=temp_c&window=15m&by=zone", "15m", false, 240)
	f("comune=058091&measurement=wifi_ap&fields=up&window=1h&by=zone", "raw", false, 30)
	f("device=air-1&fields=temp_c&window=1h", "1h", false, 30)
	f("comune=058091&measurement=traffic&fields=count&aggregate=sum&window=1h", "1h", false, 0) // lanes are told apart

	since = noon.Add(-30 * time.Hour)
	f("comune=058091&measurement=air&fields=temp_c&window=1h", "1h", true, 30)
	since = since.Add(time.Hour)
	f("comune=058091&measurement=air&fields=temp_c&window=1h", "1h", false, 30)
}

// An answer that says that it is of windows of places is.
func TestAggregatesReadPlaces(t *testing.T) {
	with, server := withInflux(t)
	server.Buckets(schema.BucketHourly)
	r := newRig(t, smallFleet(), with, func(o *Options) {
		o.Now = func() time.Time { return noon }
		o.Rollups = func(context.Context) (RollupStatus, error) { return RollupStatus{Until: noon}, nil }
	})
	b := influx.NewBatch()
	add := func(line string) { b.AddLine(fmt.Appendf(nil, "%s %d", line, noon.Add(-20*time.Hour).UnixNano())) }
	add("air_1h,comune=058091,device_id=air-1 temp_c_n=4i,temp_c_mean=1,temp_c_max=3")
	add("air_place_1h,comune=058091,zone=Municipio\\ I,place=x temp_c_n=30i,temp_c_mean=10,temp_c_max=12,devices=7i")
	add("air_place_1h,comune=058091,place=y temp_c_n=10i,temp_c_mean=30,temp_c_max=31,devices=2i")
	add("air_place_1h,comune=082053,place=z temp_c_n=10i,temp_c_mean=99,temp_c_max=99,devices=2i")
	w, err := influx.NewWriter(server.Client())
	if err == nil {
		_, err = w.Write(t.Context(), schema.BucketHourly, b)
	}
	if err != nil {
		t.Fatal(err)
	}
	f := func(query, want string) {
		t.Helper()
		page := get[ReadingPage](r, "/v1/readings?fields=temp_c&window=1h"+thirtyHours+query)
		got := ""
		for _, reading := range page.Readings {
			got += fmt.Sprintf("%s=%v ", reading.Zone, reading.Fields["temp_c"])
		}
		if got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	f("&comune=058091&measurement=air", "=15 ")
	f("&comune=058091&measurement=air&by=zone", "=30 Municipio I=10 ")
	f("&comune=058091&measurement=air&aggregate=max", "=31 ")
	f("&comune=058091&measurement=air&aggregate=count", "=40 ")
	f("&device=air-1", "=1 ")
}

// A device that says little is asked by its readings while they are kept.
func TestAggregatesOfSparseDevices(t *testing.T) {
	fleet := smallFleet()
	for i := range fleet {
		fleet[i].Interval = map[string]time.Duration{"air-1": 15 * time.Minute, "wifi-1": 16 * time.Minute}[fleet[i].ID]
	}
	r := rolledRigOf(t, fleet, new(time.Time))
	f := func(query, level string, windows int) {
		t.Helper()
		if got := sameAsReadings(t, r, query+thirtyHours, windows); got.Level != level {
			t.Errorf("%s: level %s, want %s", query, got.Level, level)
		}
	}
	f("device=air-1&fields=temp_c&window=1h", "1h", 30)
	f("device=air-1&fields=temp_c&window=15m", "raw", 120)
	f("device=wifi-1&fields=clients&window=1h", "raw", 30)
	f("device=noise-1&fields=laeq_db&aggregate=count&window=1h", "1h", 30) // nobody knows how often
	f("comune=058091&measurement=wifi_ap&fields=clients&window=1h", "1h", 30)
}

func TestAggregatesByRefuse(t *testing.T) {
	r := newRig(t, smallFleet(), func(o *Options) { o.Now = func() time.Time { return noon } })
	for _, query := range []string{"comune=058091&measurement=air&by=zone", "device=air-1&window=1h&by=zone", "comune=058091&measurement=air&window=1h&by=device"} {
		problemOf(t, r.do(request{path: "/v1/readings?" + query}), 422)
	}
}
