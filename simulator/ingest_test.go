package simulator_test

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
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"rione/simulator"
	"rione/simulator/mosquittotest"
)

// ingester is the least that a run can be proved against: it subscribes at a
// broker, understands native messages, and answers as InfluxDB would. plant may
// spoil what it stores.
type ingester struct {
	places map[string]simulator.Device
	plant  func(n int, row map[string]any) []map[string]any

	mu   sync.Mutex
	n    int
	rows map[string][]map[string]any // by measurement and device
	seen map[string]bool             // identities, since QoS 1 may deliver twice
}

func startIngester(t *testing.T, address string, city *simulator.City, plant func(int, map[string]any) []map[string]any) string {
	t.Helper()
	in := &ingester{places: map[string]simulator.Device{}, plant: plant, rows: map[string][]map[string]any{}, seen: map[string]bool{}}
	for _, d := range city.Devices() {
		in.places[d.ID] = d
	}
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID("ingester"))
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { c.Disconnect(50) })
	if token := c.Subscribe("sc/v1/+/+/+/up", 1, func(_ mqtt.Client, m mqtt.Message) { in.take(m.Topic(), m.Payload()) }); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	server := httptest.NewServer(in)
	t.Cleanup(server.Close)
	return server.URL
}

// defaults are the measurements of kinds that are not called like them.
var defaults = map[string]string{"bb_node": "bb_link", "parking": "parking_spot", "gateway": "device"}

func (in *ingester) take(topic string, payload []byte) {
	level := strings.Split(topic, "/")
	kind, device := level[3], level[4]
	var body map[string]any
	if json.Unmarshal(payload, &body) != nil {
		return // garbage, or SenML
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	top := map[string]any{}
	for key, v := range body {
		if list, ok := v.([]any); ok {
			for _, one := range list {
				in.store(device, key, body["ts"], one.(map[string]any))
			}
		} else if key != "ts" && key != "seq" {
			top[key] = v
		}
	}
	if len(top) > 0 {
		measurement := kind
		if named := defaults[kind]; named != "" {
			measurement = named
		}
		in.store(device, measurement, body["ts"], top)
	}
}

func (in *ingester) store(device, measurement string, ts any, values map[string]any) {
	d := in.places[device]
	row := map[string]any{"time": ts, "device_id": device, "comune": d.Comune, "s2_cell_id": "132f61", "lat": d.At.Lat, "lon": d.At.Lon}
	if d.Zone != "" {
		row["zone"] = d.Zone
	}
	var tags []string
	for k, v := range values {
		row[k] = v
		if tag, ok := v.(string); ok {
			tags = append(tags, k+"="+tag)
		}
	}
	slices.Sort(tags)
	identity := fmt.Sprint(device, measurement, ts, tags)
	if in.seen[identity] {
		return
	}
	in.seen[identity] = true
	in.n++
	at := measurement + "/" + device
	in.rows[at] = append(in.rows[at], in.plant(in.n, row)...)
}

var (
	question = regexp.MustCompile(`FROM "(\w+)" WHERE "device_id" = '([^']+)'`)
	timespan = regexp.MustCompile(`time >= (\d+)ms AND time < (\d+)ms`)
)

// ServeHTTP answers queries of a device's rows within a time.
func (in *ingester) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var results []any
	for _, q := range strings.Split(strings.TrimSuffix(r.FormValue("q"), ";"), ";") {
		m, span := question.FindStringSubmatch(q), timespan.FindStringSubmatch(q)
		if m == nil || span == nil { // the search for what is lost
			results = append(results, map[string]any{})
			continue
		}
		from, _ := strconv.ParseFloat(span[1], 64)
		to, _ := strconv.ParseFloat(span[2], 64)
		var series []any
		for _, row := range in.rows[m[1]+"/"+m[2]] {
			if at := row["time"].(float64); at < from || at >= to {
				continue
			}
			var columns []string
			var values []any
			for k, v := range row {
				columns, values = append(columns, k), append(values, v)
			}
			series = append(series, map[string]any{"name": m[1], "columns": columns, "values": []any{values}})
		}
		results = append(results, map[string]any{"series": series})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
}

func TestARunIsProvedAgainstTheStore(t *testing.T) {
	f := func(name string, plant func(n int, row map[string]any) []map[string]any, check func(s *simulator.Summary) bool) {
		t.Run(name, func(t *testing.T) {
			address := mosquittotest.Start(t)
			city := newCity(t, simulator.CityOptions{Seed: 6, Devices: 50})
			s, err := simulator.Run(t.Context(), city, simulator.Options{
				Broker: "tcp://" + address, Rate: 300, For: 2 * time.Second,
				Faults: simulator.Faults{Garbage: 0.05, Duplicate: 0.05, Disorder: 0.05},
				Influx: simulator.InfluxTarget{URL: startIngester(t, address, city, plant), DB: "city", Wait: 2 * time.Second},
			})
			if err != nil {
				t.Fatal(err)
			}
			if !s.Verified || s.Failed != 0 || s.Probed == 0 || s.QueryableMS.P50 <= 0 || !check(s) {
				t.Errorf("%+v", s)
			}
		})
	}
	same := func(_ int, row map[string]any) []map[string]any { return []map[string]any{row} }
	f("a faithful store passes", same, func(s *simulator.Summary) bool {
		return s.Clean() && s.Stored == s.Acked && s.Readings > s.Stored && strings.Contains(s.String(), "pass:")
	})
	f("a lossy store fails", func(n int, row map[string]any) []map[string]any {
		if n == 500 {
			return nil
		}
		return same(n, row)
	}, func(s *simulator.Summary) bool { return !s.Clean() && s.Lost == 1 && s.Stored == s.Acked-1 })
	f("a store that swaps coordinates fails", func(n int, row map[string]any) []map[string]any {
		row["lat"], row["lon"] = row["lon"], row["lat"]
		return same(n, row)
	}, func(s *simulator.Summary) bool {
		return s.Wrong == s.Acked && s.Causes[0].What == "lat and lon are swapped" && strings.Contains(s.String(), "FAIL")
	})
}

func TestAReadBackThatFailsStillTellsWhatWasPublished(t *testing.T) {
	address := mosquittotest.Start(t)
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(refusing.Close)
	s, err := simulator.Run(t.Context(), newCity(t, simulator.CityOptions{Devices: 10}), simulator.Options{
		Broker: "tcp://" + address, Rate: 50, For: time.Second, Influx: simulator.InfluxTarget{URL: refusing.URL, DB: "city"},
	})
	if err == nil || !strings.Contains(err.Error(), "user:password") || s == nil || s.Acked == 0 || s.Verified {
		t.Errorf("%v, %+v", err, s)
	}
}
