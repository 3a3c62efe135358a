package readback

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rione/geo"
	"rione/simulator/signal"
)

// store stands in for InfluxDB, so that faults can be planted in it. It answers
// the two questions that a read-back asks.
type store struct {
	mu      sync.Mutex
	rows    map[string][]row // by measurement and device
	queries int
	answer  func(w http.ResponseWriter) bool // answers instead, when it returns true
}

// fill stores what devices said, each row changed by plant; nil rows are lost.
func fill(devices []Device, plant func(n int, r row) []row) *store {
	s := &store{rows: map[string][]row{}}
	n := 0
	for i := range devices {
		d := &devices[i]
		for m := range d.Messages {
			for _, r := range m.Readings {
				stored := row{measurement: r.Measurement, ms: m.MS, fields: map[string]float64{"lat": d.At.Lat, "lon": d.At.Lon, "q": 0},
					tags: map[string]string{"comune": d.Comune, "device_id": d.ID, "s2_cell_id": "132f61"}}
				if d.Zone != "" {
					stored.tags["zone"] = d.Zone
				}
				for _, t := range r.Tags {
					stored.tags[t.Name] = t.Value
				}
				for _, v := range r.Values {
					stored.fields[v.Field] = v.Num
				}
				at := r.Measurement + "/" + d.ID
				s.rows[at] = append(s.rows[at], plant(n, stored)...)
			}
			n++
		}
	}
	return s
}

var (
	statement = regexp.MustCompile(`^SELECT \* FROM "(\w+)" WHERE "device_id" = '([^']+)'(.*)$`)
	span      = regexp.MustCompile(`time >= (\d+)ms AND time < (\d+)ms`)
	equals    = regexp.MustCompile(`"(\w+)" = (-?[0-9.]+)`)
)

// ServeHTTP answers /query.
func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries++
	if s.answer != nil && s.answer(w) {
		return
	}
	var results []any
	for _, q := range strings.Split(strings.TrimSuffix(r.FormValue("q"), ";"), ";") {
		m := statement.FindStringSubmatch(q)
		if m == nil {
			http.Error(w, "not asked like that: "+q, http.StatusBadRequest)
			return
		}
		results = append(results, s.series(m[1], m[2], m[3]))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
}

func (s *store) series(measurement, device, where string) any {
	columns := []string{"time"}
	var chosen []row
	matches := condition(where)
	for _, r := range s.rows[measurement+"/"+device] {
		if matches(&r) {
			chosen = append(chosen, r)
			for _, names := range [][]string{keys(r.tags), keys(r.fields)} {
				for _, n := range names {
					if !slices.Contains(columns, n) {
						columns = append(columns, n)
					}
				}
			}
		}
	}
	if chosen == nil {
		return map[string]any{}
	}
	var values [][]any
	for _, r := range chosen {
		line := []any{r.ms}
		for _, c := range columns[1:] {
			if v, ok := r.tags[c]; ok {
				line = append(line, v)
			} else if v, ok := r.fields[c]; ok {
				line = append(line, v)
			} else {
				line = append(line, nil)
			}
		}
		values = append(values, line)
	}
	return map[string]any{"series": []any{map[string]any{"name": measurement, "columns": columns, "values": values}}}
}

func keys[V any](m map[string]V) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// condition returns the test that the rest of a WHERE clause asks for.
func condition(where string) func(r *row) bool {
	if m := span.FindStringSubmatch(where); m != nil {
		from, _ := strconv.ParseInt(m[1], 10, 64)
		to, _ := strconv.ParseInt(m[2], 10, 64)
		return func(r *row) bool { return r.ms >= from && r.ms < to }
	}
	want := map[string]float64{}
	for _, m := range equals.FindAllStringSubmatch(where, -1) {
		want[m[1]], _ = strconv.ParseFloat(m[2], 64)
	}
	return func(r *row) bool {
		for f, v := range want {
			if got, ok := r.fields[f]; !ok || got != v {
				return false
			}
		}
		return true
	}
}

// fleet returns devices that each said n messages, a minute apart, all acked
// but those that unacked names.
func fleet(count, n int, unacked func(device, k int) bool) []Device {
	const base = 1_770_000_000_123
	var out []Device
	for i := range count {
		out = append(out, Device{
			ID: fmt.Sprintf("sim-air-058091-%04d", i), Comune: "058091", Zone: "Municipio I", At: geo.Point{Lat: 41.9, Lon: 12.5},
			Messages: func(yield func(Message) bool) {
				var rs signal.Readings // used again and again, as the simulator does
				for k := range n {
					rs.Reset()
					rs.Add("air", signal.Tag{Name: "grade", Value: "indicative"}).Gauge("temp_c", 15+float64((k*7+i*13)%400)/40, 3).Gauge("press_hpa", 1013.2, 1)
					rs.Add("device").Gauge("battery_pct", 80, 0).Count("fcnt", int64(k))
					acked := unacked == nil || !unacked(i, k)
					if !yield(Message{MS: base + int64(k)*60_000, Acked: acked, Readings: rs.All()}) {
						return
					}
				}
			},
			Said: func(ms int64) bool { return (ms-base)%60_000 == 0 },
		})
	}
	return out
}

// serve returns the target that the store is behind.
func serve(t *testing.T, s *store) Target {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return Target{URL: server.URL, Token: "user:password", DB: "city"}
}
