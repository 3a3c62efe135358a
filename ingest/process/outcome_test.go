package process_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/process"
	"rione/ingest/quarantine"
)

// held lists what is in quarantine: reason, field, device and comune.
func (r *rig) held() []string {
	var out []string
	for _, e := range r.quarantine.List(quarantine.Filter{}) {
		out = append(out, strings.Join([]string{string(e.Reason), e.Field, e.Device, e.Comune}, "/"))
	}
	slices.Sort(out)
	return out
}

// TestOutcomes sends a record and looks at what became of it.
func TestOutcomes(t *testing.T) {
	server := influxtest.Start(t)
	f := func(name string, check func(*rig), list ...ingest.Message) {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, server)
			r.route(append(ingest.DefaultRoutes(),
				ingest.Route{Name: "klingon", Filter: "klingon/+", Format: "klingon", Comune: "082053"},
				ingest.Route{Name: "palermo", Filter: "palermo/#", Format: "native", Comune: "082053", Device: "topic:1"})...)
			r.start()
			r.send(list...)
			r.settle()
			r.end()
			check(r)
		})
	}
	all := func(checks ...func(*rig)) func(*rig) {
		return func(r *rig) {
			r.t.Helper()
			for _, c := range checks {
				c(r)
			}
		}
	}
	rows := func(measurement string, want ...string) func(*rig) {
		return func(r *rig) {
			r.t.Helper()
			if got := r.rows(measurement); !slices.Equal(got, want) {
				r.t.Errorf("%s: %q, want %q", measurement, got, want)
			}
		}
	}
	ledger := func(want string) func(*rig) { return func(r *rig) { r.t.Helper(); r.expectLedger(want) } }
	held := func(want ...string) func(*rig) {
		return func(r *rig) {
			r.t.Helper()
			if got := r.held(); !slices.Equal(got, want) {
				r.t.Errorf("quarantine: %q, want %q", got, want)
			}
		}
	}
	counted := func(name string, want int) func(*rig) {
		return func(r *rig) {
			r.t.Helper()
			if got := metric(r.t, r.running, name); got != want {
				r.t.Errorf("%s is %d, want %d", name, got, want)
			}
		}
	}
	const ts = 1772359200000 // 10:00:00 UTC, less than a second before receipt
	air := func(format string, args ...any) ingest.Message {
		return say("air", "air-1", fmt.Sprintf(format, args...))
	}
	by := func(m ingest.Message, client string) ingest.Message { m.Client = client; return m }
	on := func(m ingest.Message, route, topic string) ingest.Message { m.Route, m.Topic = route, topic; return m }

	f("stored", all(
		rows("air", "2026-03-01T10:00:00Z q=0 temp_c=21.5"), rows("device", "2026-03-01T10:00:00Z battery_pct=80 q=0"),
		ledger("acked 1 stored 1 points 2"), held()),
		air(`{"ts":%d,"temp_c":21.5,"battery_pct":80}`, ts))
	f("nested measurements", all(
		rows("wifi_radio", "2026-03-01T10:00:00Z band=5g clients=12 q=0 radio=1"), ledger("acked 1 stored 1 points 2")),
		say("wifi_ap", "ap-1", `{"ts":1772359200000,"clients":20.0,"wifi_radio":[{"band":"5g","radio":"1","clients":12}]}`))
	f("partial", all(
		rows("wifi_ap", "2026-03-01T10:00:00Z q=0 up=1"), held("wrong_type/clients/ap-1/058091"), ledger("acked 1 partial 1 points 1")),
		say("wifi_ap", "ap-1", `{"ts":1772359200000,"clients":20.5,"up":true}`))
	f("numbers as text", all(rows("air", "2026-03-01T10:00:00Z q=0 temp_c=21.5"), held("wrong_type/rh_pct/air-1/058091"), ledger("acked 1 partial 1")),
		air(`{"ts":%d,"temp_c":"21.5","rh_pct":"NaN"}`, ts))
	f("out of range", all(
		rows("suspect", "2026-03-01T10:00:00Z bits=2 of=air.temp_c q=0 value=210"), rows("air", "2026-03-01T10:00:00Z q=0 rh_pct=50"),
		counted("rione_process_suspects_total", 1), held(), ledger("acked 1 stored 1 points 2")),
		air(`{"ts":%d,"temp_c":210,"rh_pct":50}`, ts))
	f("nothing but out of range", all(rows("air"), held(), ledger("acked 2 stored 1 duplicate 1 points 1")),
		air(`{"ts":%d,"temp_c":210}`, ts), air(`{"ts":%d,"temp_c":210}`, ts))
	f("unknown fields", all(
		held(), ledger("acked 2 stored 2 points 2"), counted("rione_process_unknown_fields_total", 2),
		func(r *rig) {
			if got := fmt.Sprint(r.unknown.All()); got != "[{air-1 mood 1} {air-2 mood 1}]" {
				r.t.Errorf("unknown fields: %s", got)
			}
		}),
		air(`{"ts":%d,"temp_c":20,"mood":1}`, ts), say("air", "air-2", `{"temp_c":20,"ts":1772359200000,"mood":2}`))

	f("ten times the same", all(rows("air", "2026-03-01T10:00:00Z q=0 temp_c=20"), held(), ledger("acked 10 stored 1 duplicate 9 points 1")),
		slices.Repeat([]ingest.Message{air(`{"ts":%d,"temp_c":20}`, ts)}, 10)...)
	f("a correction", all(
		rows("air", "2026-03-01T10:00:00Z q=0 temp_c=22"), counted("rione_process_corrections_total", 2), ledger("acked 3 stored 3 points 3")),
		air(`{"ts":%d,"temp_c":20}`, ts), air(`{"ts":%d,"temp_c":21}`, ts), air(`{"ts":%d,"temp_c":22}`, ts))
	f("two readings of one millisecond", all(
		rows("air", "2026-03-01T10:00:00.000000017Z q=0 temp_c=20", "2026-03-01T10:00:00.000000018Z q=0 temp_c=21"), ledger("acked 2 stored 2 points 2")),
		air(`{"ts":%d,"seq":17,"temp_c":20}`, ts), air(`{"ts":%d,"seq":18,"temp_c":21}`, ts))
	f("received in one moment, without a time", all(
		rows("air", "2026-03-01T10:00:00.123456789Z q=0 temp_c=20", "2026-03-01T10:00:00.12345679Z q=0 temp_c=21", "2026-03-01T10:00:00.123456791Z q=0 temp_c=22"),
		ledger("acked 3 stored 3 points 3")),
		air(`{"temp_c":20}`), air(`{"temp_c":21}`), air(`{"temp_c":22}`))
	f("a backlog since 1970", all(
		rows("air", "2026-03-01T09:40:00.123456789Z q=17 temp_c=20", "2026-03-01T10:00:00.123456789Z q=1 temp_c=21"), ledger("acked 1 stored 1 points 2")),
		air(`[{"ts":600,"temp_c":20},{"ts":1800,"temp_c":21}]`))
	f("in the future", all(rows("air", "2026-03-01T10:00:00.123456789Z q=1 temp_c=20"), ledger("acked 1 stored 1")),
		air(`{"ts":%d,"temp_c":20}`, ts+3600_000))

	f("a car park", all(rows("parking_area", "2026-03-01T10:00:00Z free=7 q=0 total=60"), ledger("acked 1 stored 1")),
		say("parking", "park-1", `{"ts":1772359200000,"parking_area":{"free":7,"total":60}}`))
	f("people", all(rows("people", "2026-03-01T10:00:00Z in_n=3 line=north out_n=4 q=0"), ledger("acked 1 stored 1")),
		say("people", "people-1", `{"ts":1772359200000,"in_n":3,"out_n":4,"line":"north"}`))
	f("the registry knows where a fixed device is", func(r *rig) {
		s := r.query("SELECT lat, lon, temp_c FROM air GROUP BY comune, zone, s2_cell_id, device_id")
		if len(s) != 1 || fmt.Sprint(s[0].Tags) != "map[comune:058091 device_id:air-1 s2_cell_id:132f61 zone:Municipio I]" || s[0].Values[0][1] != 41.9 || s[0].Values[0][2] != 12.5 {
			r.t.Errorf("%+v", s)
		}
	}, air(`{"ts":%d,"temp_c":20,"lat":45.44,"lon":12.33}`, ts))

	f("unparsable", all(held("unparsable//air-1/058091"), ledger("acked 1 quarantined 1 points 0")), air(`{"temp_c":`))
	f("empty", all(held("empty//air-1/058091"), ledger("acked 1 quarantined 1")), air(""))
	f("nothing known", all(held("unknown_field/mood/air-1/058091"), ledger("acked 1 quarantined 1")), air(`{"mood":1}`))
	f("a bad tag", all(held("bad_tag/band/ap-1/058091"), ledger("acked 1 quarantined 1")),
		say("wifi_ap", "ap-1", `{"wifi_radio":[{"band":"7g","radio":"1","clients":12}]}`))
	f("an unknown device", all(held("unknown_device//air-9/"), ledger("acked 1 quarantined 1")), say("air", "air-9", `{"temp_c":20}`))
	f("an unknown device of a comune's route", all(held("unknown_device//air-9/082053"), ledger("acked 1 quarantined 1")),
		on(say("air", "air-9", `{"temp_c":20}`), "palermo", "palermo/air-9"))
	f("no route", all(held("no_route///"), ledger("acked 1 quarantined 1")), on(air(`{"temp_c":20}`), "", "nowhere"))
	f("a route found by the topic", all(ledger("acked 1 stored 1")), on(air(`{"temp_c":20}`), "renamed", "sc/v1/058091/air/air-1/up"))
	f("an unknown format", all(held("unknown_format//air-1/058091"), ledger("acked 1 quarantined 1")), on(air(`{}`), "klingon", "klingon/1"))
	f("a time without sense", all(held("wrong_type/ts/air-1/058091"), ledger("acked 1 quarantined 1")), air(`{"ts":"yesterday","temp_c":20}`))

	f("unparsable, of a gateway", held("unparsable///"), by(air(`{"temp_c":`), "gw-1"))
	f("unparsable, of a token", held("unparsable///"), by(air(`{"temp_c":`), "token:palermo"))
	f("unparsable, of nobody", held("unparsable///"), by(air(`{"temp_c":`), ""))
	f("unparsable, of a device that the route names", held("unparsable//air-1/058091"), by(on(air(`{"temp_c":`), "palermo", "palermo/air-1"), "gw-1"))
	f("unparsable, of a device that the publisher is not", held("unparsable///082053"), by(on(air(`{"temp_c":`), "palermo", "palermo/air-1"), "air-2"))
	f("an unknown unit", held("unknown_unit/temp_c/air-1/058091"), air(`[{"n":"temp_c","u":"celcius","v":20}]`))

	f("another device", all(held("not_permitted//air-1/058091"), ledger("acked 1 quarantined 1")), by(air(`{"temp_c":20}`), "air-2"))
	f("a client that is no device", all(held("not_permitted//air-1/058091")), by(air(`{"temp_c":20}`), "somebody"))
	f("a gateway", ledger("acked 1 stored 1"), by(air(`{"temp_c":20}`), "gw-1"))
	f("a token of the HTTP door", ledger("acked 1 stored 1"), by(air(`{"temp_c":20}`), "token:palermo"))
	f("an outer broker", ledger("acked 1 stored 1"), by(air(`{"temp_c":20}`), ""))
}

// A route's own policy goes before the city's.
func TestClockPolicyOfARoute(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.opt = func(o *process.Options) { o.Clock = process.QuarantineClock }
	routes := ingest.DefaultRoutes()
	routes[0].Clock = "accept"
	r.route(append(routes, ingest.Route{Name: "strict", Filter: "strict/+", Format: "native", Device: "topic:1"})...)
	r.start()
	strict := say("air", "air-1", `{"ts":1772366400001,"temp_c":21}`)
	strict.Route, strict.Topic = "strict", "strict/air-1"
	r.send(say("air", "air-1", `{"ts":1772366400000,"temp_c":20}`), strict)
	r.settle()
	r.end()
	r.expectLedger("acked 2 stored 1 quarantined 1")
	r.expectRows("air", "2026-03-01T12:00:00Z q=1 temp_c=20")
}

// A message whose points are all older than the retention is expired, and one
// with others beside them is not.
func TestExpired(t *testing.T) {
	server := influxtest.Start(t)
	r := newRig(t, server)
	r.bucket = "short"
	if err := r.client.EnsureBuckets(t.Context(), []influx.Bucket{{Name: r.bucket, Retention: 24 * time.Hour}}); err != nil {
		t.Fatal(err)
	}
	r.start()
	now := time.Now().Truncate(time.Second)
	old := now.Add(-48 * time.Hour).Unix()
	m := say("air", "air-1", fmt.Sprintf(`{"ts":%d,"temp_c":20}`, old))
	both := say("air", "air-2", fmt.Sprintf(`[{"ts":%d,"temp_c":20},{"ts":%d,"temp_c":21}]`, old, now.Unix()))
	half := say("wifi_ap", "ap-1", fmt.Sprintf(`{"ts":%d,"up":true,"clients":0.5}`, old))
	m.Received, both.Received, half.Received = now, now, now
	r.send(m, both, half)
	r.settle()
	r.end()
	r.expectLedger("acked 3 stored 1 expired 1 quarantined 1 points 1")
	if got := r.held(); !slices.Equal(got, []string{"wrong_type/clients/ap-1/058091"}) {
		t.Errorf("quarantine: %q", got)
	}
}
