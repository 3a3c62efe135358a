package api

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"rione/api/influxql"
	"rione/ingest/schema"
)

// readingsRig has four hours of readings, one a minute and device, the odd
// minutes of two devices at the very same time.
func readingsRig(t *testing.T) *rig {
	t.Helper()
	store, server := withInflux(t)
	r := newRig(t, smallFleet(), store, func(o *Options) { o.Now = func() time.Time { return noon } })
	var lines []string
	for i := range 240 {
		at := noon.Add(-time.Duration(i+1) * time.Minute)
		for j, id := range []string{"air-1", "wifi-1", "bb-home-1"} {
			d := r.registry.Snapshot().Device(id)
			p := demoPoint(t, d, at)
			if j == 1 { // of the same measurement as air-1
				p = point(t, d, "air", at, map[string]float64{"temp_c": float64(i), "rh_pct": 50.5})
			}
			lines = append(lines, line(&p))
		}
	}
	write(t, server, lines)
	return r
}

func TestReadings(t *testing.T) {
	r := readingsRig(t)
	page := get[ReadingPage](r, "/v1/readings?device=air-1&start=2026-03-01T11:00:00Z&fields=temp_c,pm10_ugm3")
	if len(page.Readings) != 60 || page.Next != "" {
		t.Fatalf("%d readings, next %q", len(page.Readings), page.Next)
	}
	first := page.Readings[0]
	if !first.Time.Equal(noon.Add(-time.Hour)) || first.DeviceID != "air-1" || first.Comune != "058091" || first.Zone != "Municipio I" ||
		first.Tags["grade"] != "indicative" || *first.Lat != 41.9 || *first.Q != 0 || len(first.Fields) != 2 {
		t.Errorf("%+v", first)
	}
	f := func(query string, want int) {
		t.Helper()
		if page := get[ReadingPage](r, "/v1/readings?"+query); len(page.Readings) != want {
			t.Errorf("%s: %d readings, want %d", query, len(page.Readings), want)
		}
	}
	f("device=air-1", 240)
	f("device=air-1&end=2026-03-01T11:00:00Z", 180)
	f("device=air-1&start=2026-03-01T11:00:00Z&end=2026-03-01T11:00:01Z", 1)
	f("device=air-1&start=2026-03-01T13:00:00%2B01:00&end=2026-03-01T13:00:00.5%2B01:00", 0)
	f("device=air-1&measurement=noise", 0)
	f("comune=058091&measurement=air&limit=10000", 480)
	f("comune=082053&measurement=air", 0)
	f("device=wifi-1&measurement=air&window=1h", 4)
	f("comune=058091&measurement=air&fields=temp_c&window=1d&aggregate=max&start=2026-02-28T12:00:00Z", 2)
}

func TestReadingsOfAHomeHaveNoPlace(t *testing.T) {
	r := readingsRig(t)
	body := r.do(request{path: "/v1/readings?device=bb-home-1&limit=1"}).Body.String()
	if !strings.Contains(body, "rx_power_dbm") || strings.Contains(body, "lat") || strings.Contains(body, "41.91") {
		t.Error(body)
	}
}

// TestReadingPages reads 480 rows, many of the same time, in pages of odd sizes
// and directions: every row once.
func TestReadingPages(t *testing.T) {
	r := readingsRig(t)
	for _, order := range []string{"asc", "desc"} {
		for _, limit := range []int{1, 7, 480} {
			if limit == 1 && order == "desc" {
				continue
			}
			seen := make(map[string]bool)
			var last time.Time
			cursor := ""
			for pages := 0; pages < 500; pages++ {
				page := get[ReadingPage](r, fmt.Sprintf("/v1/readings?comune=058091&measurement=air&order=%s&limit=%d&cursor=%s", order, limit, cursor))
				for _, row := range page.Readings {
					key := row.DeviceID + row.Time.String()
					if seen[key] {
						t.Fatalf("%s %d: %s twice", order, limit, key)
					}
					if !last.IsZero() && (order == "asc") == row.Time.Before(last) && !row.Time.Equal(last) {
						t.Fatalf("%s %d: %v after %v", order, limit, row.Time, last)
					}
					seen[key], last = true, row.Time
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			if len(seen) != 480 {
				t.Errorf("%s by %d: %d rows", order, limit, len(seen))
			}
		}
	}
}

func TestAggregates(t *testing.T) {
	r := readingsRig(t)
	f := func(aggregate string, want float64) {
		t.Helper()
		page := get[ReadingPage](r, "/v1/readings?device=wifi-1&measurement=air&fields=temp_c&start=2026-03-01T11:00:00Z&window=1h"+aggregate)
		if len(page.Readings) != 1 || page.Readings[0].Fields["temp_c"] != want || page.Readings[0].DeviceID != "wifi-1" {
			t.Errorf("%s: %+v, want %v", aggregate, page.Readings, want)
		}
	}
	f("", 29.5)
	f("&aggregate=mean", 29.5)
	f("&aggregate=min", 0)
	f("&aggregate=max", 59)
	f("&aggregate=sum", 1770)
	f("&aggregate=count", 60)
	f("&aggregate=first", 59)
	f("&aggregate=last", 0)
}

func TestReadingsRefuse(t *testing.T) {
	r := newRig(t, smallFleet(), func(o *Options) { o.Now = func() time.Time { return noon } })
	f := func(query string, want int) {
		t.Helper()
		problemOf(t, r.do(request{path: "/v1/readings?" + query}), want)
	}
	f("", 422)
	f("comune=058091", 422)
	f("device=nobody", 404)
	f("device=air-1&measurement=passwords", 422)
	f("device=air-1&measurement=ledger", 422)
	f("device=air-1&fields=temp_c,password", 422)
	f("device=air-1&start=yesterday", 422)
	f("device=air-1&start=2026-03-02T00:00:00Z", 422)
	f("device=air-1&start=0001-01-01T00:00:00Z", 422)
	f("device=air-1&end=9999-01-01T00:00:00Z", 422)
	f("device=air-1&window=1s", 422)
	f("device=air-1&aggregate=mean", 422)
	f("device=air-1&window=1h&aggregate=median", 422)
	f("device=air-1&cursor=xyz", 422)
	f("device=air-1&cursor="+writeCursor("9223372036854775807,0"), 422)
	f("device=air-1&cursor="+writeCursor("1,-4"), 422)
	f("device=air-1&since=1h", 400)
}

// TestInjection puts InfluxQL where values go. The answer must be that of a
// value nobody has, and nothing may be dropped.
func TestInjection(t *testing.T) {
	r := readingsRig(t)
	for _, evil := range []string{`' OR '1'='1`, `\' OR 1=1 --`, `"; DROP MEASUREMENT air; --`, "x' OR device_id =~ /.*/ OR 'a'='", "\n OR 1=1", `058091\`} {
		q := influxql.From(schema.Lookup("air")).Column("temp_c").Where("comune", evil)
		answer, err := r.query(t.Context(), q)
		if err != nil || len(answer) != 0 {
			t.Errorf("%q: %v, %d series", evil, err, len(answer))
		}
		path := "/v1/readings?device=air-1&comune=" + url.QueryEscape(evil)
		if w := r.do(request{path: path}); w.Code == 200 && len(decode[ReadingPage](t, w.Body.Bytes()).Readings) > 0 {
			t.Errorf("%s answered %s", path, w.Body)
		}
	}
	if page := get[ReadingPage](r, "/v1/readings?device=air-1"); len(page.Readings) != 240 {
		t.Errorf("%d readings are left", len(page.Readings))
	}
}

func TestLedger(t *testing.T) {
	store, server := withInflux(t)
	r := newRig(t, nil, store, func(o *Options) { o.Now = func() time.Time { return noon } })
	ledger := func(door, comune string, minutes, acked, stored, quarantined int) string {
		return fmt.Sprintf("ledger,door=%s,comune=%s acked=%di,stored=%di,partial=1i,duplicate=2i,quarantined=%di,expired=0i,points=%di,bytes=100i %d",
			door, comune, acked, stored, quarantined, 2*stored, noon.Add(-time.Duration(minutes)*time.Minute).UnixNano())
	}
	write(t, server, []string{ledger("mqtt", "058091", 1, 100, 90, 5), ledger("mqtt", "058091", 2, 50, 40, 0), ledger("http", "082053", 3, 10, 6, 1), ledger("http", "082053", 3000, 9999, 0, 0)})
	got := get[Ledger](r, "/v1/ledger")
	if len(got.Lines) != 2 || got.Total.Acked != 160 || got.Total.Stored != 136 || got.Total.Open != 9 {
		t.Fatalf("%+v", got)
	}
	if l := got.Lines[0]; l.Comune != "058091" || l.ComuneName != "Roma" || l.Acked != 150 || l.Points != 260 {
		t.Errorf("%+v", l)
	}
	if got := get[Ledger](r, "/v1/ledger?by=door&start=2026-02-01T00:00:00Z"); len(got.Lines) != 2 || got.Lines[0].Door != "http" || got.Lines[0].Acked != 10009 {
		t.Errorf("%+v", got)
	}
	problemOf(t, r.do(request{path: "/v1/ledger?by=colour"}), 422)
}

func TestExport(t *testing.T) {
	r := readingsRig(t)
	w := r.do(request{path: "/v1/readings/export?comune=058091&measurement=air&fields=temp_c,rh_pct"})
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 481 || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%v: %d rows, %v", err, len(rows), w.Header())
	}
	if got := strings.Join(rows[0], ","); got != "time,device_id,comune,zone,grade,lat,lon,q,temp_c,rh_pct" {
		t.Errorf("header %s", got)
	}
	if last := strings.Join(rows[480], ","); !strings.HasPrefix(last, "2026-03-01T11:59:00Z,") {
		t.Errorf("last row %s", last)
	}
	w = r.do(request{path: "/v1/readings/export?device=bb-home-1&format=ndjson"})
	lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	if len(lines) != 240 || strings.Contains(w.Body.String(), "41.91") {
		t.Fatalf("%d lines", len(lines))
	}
	if row := decode[Reading](t, []byte(lines[0])); row.DeviceID != "bb-home-1" || row.Fields["up"] != 1.0 {
		t.Errorf("%+v", row)
	}
	problemOf(t, r.do(request{path: "/v1/readings/export?device=nobody"}), 404)
	problemOf(t, r.do(request{path: "/v1/readings/export?device=air-1&limit=5"}), 400)
}
