package rollup_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest/influx/influxtest"
	"rione/ingest/rollup"
	"rione/ingest/schema"
)

// order gives an order to a runner that knows where windows are.
func (r *rig) order(o rollup.Order) rollup.Ordered {
	r.t.Helper()
	done, err := r.open().Again(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	return done
}

// Windows that were made with a wrong expected interval are made again, over
// crashes, as if it had always been right; a dry run counts the same and does
// nothing.
func TestRealAgain(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 30, 22, 0, 0, 0, time.UTC) // the month's last day in Rome
	to := from.Add(25 * time.Hour)
	r := newRig(t, server, "again", to.Add(3*time.Minute))
	right := r.opt.Interval
	server.Buckets("again_movers")
	r.opt.Movers = "again_movers"
	r.writeTo("again_movers", nil, bus(r, from, 24))
	r.opt.Interval = func(string) time.Duration { return 2 * interval }
	r.write(nil, city(r, from, to))
	r.finish(1<<30, 1)
	r.opt.Interval = right
	all := rollup.Order{From: from.AddDate(-1, 0, 0), To: r.now, Devices: []string{"air-1", "noise-1", "weather-1", "ap-1", "light-1", "nobody"}}
	dry := all
	dry.DryRun = true
	clear(r.store.writes)
	counted := r.order(dry)
	if want := int64(25 * 4 * 6 * 6); counted.Quarters != want || counted.Measurements != 6 || !counted.From.Equal(from) || !counted.To.Equal(to) {
		t.Errorf("counted %+v, want %d quarters of 6 measurements from %v to %v", counted, want, from, to)
	}
	r.finish(1<<30, 1)
	if len(r.store.writes) > 0 {
		t.Errorf("a dry run wrote %v", r.store.writes)
	}
	if done := r.order(all); done != counted {
		t.Errorf("ordered %+v, counted %+v", done, counted)
	}
	if crashes := r.finish(1, 11); crashes < 5 {
		t.Errorf("only %d crashes", crashes)
	}
	compare(t, r, to)
	all.Devices = []string{"bus-64"}
	var made []map[string]map[int64]map[string]float64
	for range 2 {
		r.order(all)
		r.finish(1, 3)
		made = append(made, r.stored(schema.Day))
	}
	compare(t, r, to)
	ride := made[0]["net_if,comune=058091,device_id=bus-64,ifname=lte0"][from.Unix()]
	if want := 100 * 24 * interval.Hours() / 24; ride["rx_bytes_n"] != 24 || math.Abs(ride["rx_bytes_valid_pct"]-want) > 1e-9 || !reflect.DeepEqual(made[0], made[1]) {
		t.Errorf("the bus's day: %v, then %v", ride, made[1])
	}
}

// An order reaches as far as it says, and as readings and windows go.
func TestRealAgainReaches(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "reach", from.Add(6*time.Hour+3*time.Minute))
	r.write(nil, city(r, from, from.Add(6*time.Hour)))
	r.finish(1<<30, 1)
	f := func(name string, o rollup.Order, first, last time.Duration, quarters int64) {
		t.Helper()
		clear(r.store.writes)
		done := r.order(o)
		if done.Quarters != quarters || quarters > 0 && (!done.From.Equal(from.Add(first)) || !done.To.Equal(from.Add(last))) {
			t.Errorf("%s: %+v, want %d quarters", name, done, quarters)
		}
		r.finish(1<<30, 1)
		var made []string
		for key := range r.store.writes {
			name, at, _ := strings.Cut(key, " ")
			if strings.HasSuffix(name, "_15m") {
				made = append(made, at)
			}
		}
		if len(made) == 0 {
			if quarters > 0 {
				t.Errorf("%s: nothing was made", name)
			}
			return
		}
		if got, want := slices.Min(made), from.Add(first).Format(time.RFC3339); got != want {
			t.Errorf("%s: made from %s on, want %s", name, got, want)
		}
		if got, want := slices.Max(made), from.Add(last-15*time.Minute).Format(time.RFC3339); got != want {
			t.Errorf("%s: the last quarter made is %s, want %s", name, got, want)
		}
	}
	noise := []string{"noise-1"}
	const h = time.Hour
	f("between", rollup.Order{From: from.Add(h), To: from.Add(2 * h), Devices: noise}, h, 2*h, 4*6)
	f("within quarters", rollup.Order{From: from.Add(h + time.Minute), To: from.Add(2*h - time.Minute), Devices: noise}, h, 2*h, 4*6)
	f("beyond both ends", rollup.Order{To: from.Add(1000 * h), Devices: noise}, 0, 6*h, 24*6)
	f("nothing made", rollup.Order{From: from.Add(7 * h), To: from.Add(8 * h), Devices: noise}, 0, 0, 0)
	f("before readings", rollup.Order{From: from.Add(-9 * h), To: from.Add(-h), Devices: noise}, 0, 0, 0)
	f("backwards", rollup.Order{From: from.Add(2 * h), To: from.Add(h), Devices: noise}, 0, 0, 0)
	f("nobody", rollup.Order{To: r.now}, 0, 0, 0)
	f("one quarter", rollup.Order{From: from.Add(h + time.Minute), To: from.Add(h + 2*time.Minute), Devices: []string{"air-1", "noise-1"}}, h, h+15*time.Minute, 12)
	compare(t, r, from.Add(6*h))
	r.opt.Retention = schema.Retention{Raw: 2*h + 30*time.Minute}
	f("kept", rollup.Order{To: r.now, Devices: noise}, 3*h+45*time.Minute, 6*h, 9*6)
}
