package rollup_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// bus makes readings of a bus that crosses cells and zones: one every five
// minutes, each in another place, so that nearly every reading is a series of
// its own.
func bus(r *rig, from time.Time, n int) []ingest.Point {
	var out []ingest.Point
	for i := range n {
		out = append(out, onBoard(r, from.Add(time.Duration(i)*interval), i))
	}
	return out
}

func onBoard(r *rig, t time.Time, i int) ingest.Point {
	p := r.point("bus-64", "net_if", t, []ingest.Tag{{Name: "ifname", Value: "lte0"}}, map[string]any{
		"rx_bytes": 1000 * i, "up": 1, "speed_mbps": float64(10 * i),
	})
	at := geo.Point{Lat: 41.8 + float64(i)/10, Lon: 12.5}
	p.Place = &devices.Placement{Comune: "058091", Zone: fmt.Sprintf("Municipio %d", i%3), Point: at, Cell: at.Cell(geo.LevelMover)}
	p.Position = at
	return p
}

// A thing that moves has one series of windows wherever it was: its counter goes
// on from cell to cell, and it stands where it was last.
func TestRealMovers(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "bus", from.Add(2*time.Hour+3*time.Minute))
	server.Buckets("bus_movers")
	r.opt.Movers = "bus_movers"
	readings := bus(r, from, 24)
	late := readings[13]
	r.writeTo("bus_movers", nil, append(readings[:13:13], readings[14:]...))
	r.write(nil, city(r, from, from.Add(time.Hour))) // things that stand do not mind
	r.finish(1, 7)
	const series = "net_if,comune=058091,device_id=bus-64,ifname=lte0"
	f := func(l schema.Level, start time.Time, want map[string]float64) {
		t.Helper()
		got := r.stored(l)[series][start.Unix()]
		for name, w := range want {
			if g, ok := got[name]; !ok || g < w-1e-9 || g > w+1e-9 {
				t.Errorf("%v %v: %s is %v (%v), want %v", l, start, name, g, ok, w)
			}
		}
	}
	hour, quarter := from.Add(time.Hour), from.Add(75*time.Minute)
	f(schema.Quarter, hour, map[string]float64{"rx_bytes_n": 2, "rx_bytes_inc": 3000, "speed_mbps_mean": 130, "up_on_pct": 100, "up_n": 2, "lat": 41.8 + 1.4})
	f(schema.Quarter, quarter, map[string]float64{"rx_bytes_n": 3, "rx_bytes_inc": 3000, "speed_mbps_mean": 160, "lat": 41.8 + 1.7})
	f(schema.Hour, hour, map[string]float64{"rx_bytes_n": 11, "rx_bytes_inc": 12_000, "rx_bytes_resets": 0, "up_on_pct": 100, "speed_mbps_max": 230, "lat": 41.8 + 2.3})
	for key := range r.stored(schema.Quarter) {
		if strings.Contains(key, "bus-64") && key != series {
			t.Errorf("a series of windows of its own: %s", key)
		}
	}

	clear(r.store.writes)
	r.writeTo("bus_movers", r.open(), []ingest.Point{late})
	r.finish(1<<30, 1)
	f(schema.Quarter, hour, map[string]float64{"rx_bytes_n": 3, "rx_bytes_inc": 3000, "speed_mbps_mean": 130})
	f(schema.Hour, hour, map[string]float64{"rx_bytes_n": 12, "rx_bytes_inc": 12_000})
	if n := r.store.writes["net_if_15m "+from.Format(time.RFC3339)]; n != 0 {
		t.Errorf("a quarter that the late reading does not touch was written %d times", n)
	}
}

// Things that move are looked for too when it is found where windows begin.
func TestRealMoversAlone(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "alone", from.Add(time.Hour+3*time.Minute))
	server.Buckets("alone_movers")
	r.opt.Movers = "alone_movers"
	r.writeTo("alone_movers", nil, bus(r, from, 12))
	r.finish(1<<30, 1)
	if got := r.stored(schema.Hour); len(got) != 1 {
		t.Errorf("hours of %d series: %v", len(got), got)
	}
}
