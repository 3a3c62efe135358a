package signal

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"rione/geo"
)

var (
	monday = time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)
	rome   = geo.Point{Lat: 41.89, Lon: 12.49}
)

// play measures n times at the given interval and hands each reading to see.
func play(t *testing.T, c Config, from time.Time, step time.Duration, n int, see func(time.Time, []Reading)) {
	t.Helper()
	c.Network = "WiFi-Comune"
	s, err := NewSource(NewWorld(1), c)
	if err != nil {
		t.Fatal(err)
	}
	var out Readings
	for k := range n {
		at := from.Add(time.Duration(k) * step)
		out.Reset()
		s.Measure(at, step, uint64(k+1), &out)
		see(at, out.All())
	}
}

func TestEveryKindMeasuresWhatTheContractLists(t *testing.T) {
	contract, tags, seen := Contract(), Tags(), map[string]bool{}
	for kind := range models {
		for seed := range uint64(30) {
			play(t, Config{Seed: seed, Kind: kind, At: rome, Radio: true}, monday, 10*time.Minute, 150, func(_ time.Time, rs []Reading) {
				if len(rs) == 0 {
					t.Fatalf("%s measured nothing", kind)
				}
				for _, r := range rs {
					checkReading(t, kind, r, contract[r.Measurement], tags[r.Measurement], seen)
				}
			})
		}
	}
	for m, fields := range contract {
		for f := range fields {
			if !seen[m+"."+f] {
				t.Errorf("%s.%s is in the contract, and nothing measures it", m, f)
			}
		}
	}
}

func checkReading(t *testing.T, kind string, r Reading, fields map[string]bool, tags []string, seen map[string]bool) {
	t.Helper()
	var names []string
	for _, tag := range r.Tags {
		names = append(names, tag.Name)
	}
	if !slices.Equal(names, tags) {
		t.Fatalf("%s: %s has tags %v, the contract %v", kind, r.Measurement, names, tags)
	}
	for _, v := range r.Values {
		isInt, ok := fields[v.Field]
		switch {
		case !ok || isInt != v.Int:
			t.Fatalf("%s: %s.%s (integer %v) is not in the contract", kind, r.Measurement, v.Field, v.Int)
		case math.IsNaN(v.Num) || math.IsInf(v.Num, 0), v.Int && v.Num != math.Trunc(v.Num):
			t.Fatalf("%s: %s.%s is %v", kind, r.Measurement, v.Field, v.Num)
		}
		seen[r.Measurement+"."+v.Field] = true
	}
}

func TestTheSameSeedMeasuresTheSame(t *testing.T) {
	run := func(seed uint64) (out string) {
		for _, kind := range []string{"wifi_ap", "bin", "bb_node"} {
			play(t, Config{Seed: seed, Kind: kind, At: rome}, monday, time.Minute, 50, func(_ time.Time, rs []Reading) {
				out += fmt.Sprint(rs)
			})
		}
		return out
	}
	if once, again := run(5), run(5); once != again {
		t.Error("one seed made two cities")
	}
	if run(5) == run(6) {
		t.Error("two seeds made one city")
	}
}

// values returns one field of one measurement over time.
func values(t *testing.T, c Config, step time.Duration, n int, measurement, field string) (out []float64) {
	t.Helper()
	play(t, c, monday, step, n, func(_ time.Time, rs []Reading) {
		for _, r := range rs {
			for _, v := range r.Values {
				if r.Measurement == measurement && v.Field == field {
					out = append(out, v.Num)
				}
			}
		}
	})
	return out
}

func TestWifiClientsFollowTheDay(t *testing.T) {
	clients := values(t, Config{Kind: "wifi_ap", At: rome}, time.Hour, 24, "wifi_ap", "clients")
	if night, evening := clients[2], clients[17]; evening < 3*(night+1) { // 03:00 and 18:00 in Rome
		t.Errorf("%v clients at night, %v in the evening", night, evening)
	}
}

func TestCountersNeverFall(t *testing.T) {
	for _, f := range [][3]string{{"wifi_ap", "net_if", "rx_bytes"}, {"bb_node", "net_if", "rx_bytes"}, {"bb_node", "bb_link", "errored_s"}, {"light", "light", "energy_kwh"}} {
		if got := values(t, Config{Kind: f[0], At: rome}, 10*time.Minute, 1000, f[1], f[2]); !slices.IsSorted(got) {
			t.Errorf("%v falls", f)
		}
	}
}

func TestABinFillsAndIsEmptied(t *testing.T) {
	fill := values(t, Config{Kind: "bin", At: rome}, 10*time.Minute, 144*14, "bin", "fill_pct")
	emptied := 0
	for i := 1; i < len(fill); i++ {
		if fill[i] < fill[i-1]-40 {
			emptied++
		}
	}
	if emptied < 1 || emptied > 14 || slices.Max(fill) < 66 {
		t.Errorf("emptied %d times in a fortnight, fullest %v %%", emptied, slices.Max(fill))
	}
}

func TestSomeLinesDegrade(t *testing.T) {
	worn := 0
	for seed := range uint64(60) {
		power := values(t, Config{Seed: seed, Kind: "bb_node", At: rome}, 6*time.Hour, 40, "bb_link", "rx_power_dbm")
		if len(power) > 0 && power[0]-power[len(power)-1] > 0.8 {
			worn++
		}
	}
	if worn == 0 || worn > 25 {
		t.Errorf("%d of 60 lines degrade in ten days", worn)
	}
}

func TestNeighboursShareTheWeather(t *testing.T) {
	w, far := NewWorld(3), geo.Point{Lat: 45.44, Lon: 12.33}
	near := geo.Point{Lat: rome.Lat + 0.005, Lon: rome.Lon}
	var dNear, dFar float64
	for h := range 24 * 30 {
		at := monday.Add(time.Duration(h) * time.Hour)
		here := w.Weather(rome, at).Temp
		dNear += math.Abs(here - w.Weather(near, at).Temp)
		dFar += math.Abs(here - w.Weather(far, at).Temp)
	}
	if dNear*10 > dFar {
		t.Errorf("temperature differs by %v °C·h next door, by %v in Venezia", dNear, dFar)
	}
}

func TestWeatherIsPlausibleAllYear(t *testing.T) {
	rain := 0.0
	for h := range 24 * 365 {
		w := NewWorld(9).Weather(rome, monday.Add(time.Duration(h)*time.Hour))
		rain += w.Rain
		switch {
		case w.Temp < -15 || w.Temp > 45, w.Humidity < 10 || w.Humidity > 100, w.Pressure < 960 || w.Pressure > 1060,
			w.Wind < 0 || w.Gust > 40, w.From < 0 || w.From > 360, w.Solar < 0 || w.Solar > 1200:
			t.Fatalf("hour %d: %+v", h, w)
		}
	}
	if rain < 200 || rain > 2500 {
		t.Errorf("%v mm of rain in a year", rain)
	}
}

func TestLocalTime(t *testing.T) {
	f := func(utc, want string) {
		t.Helper()
		at, err := time.Parse(time.RFC3339, utc)
		if err != nil {
			t.Fatal(err)
		}
		if got := Local(at).Format("01-02 15:04 MST"); got != want {
			t.Errorf("%s is %s, want %s", utc, got, want)
		}
	}
	f("2026-01-15T12:00:00Z", "01-15 13:00 CET")
	f("2026-03-29T00:59:59Z", "03-29 01:59 CET")
	f("2026-03-29T01:00:00Z", "03-29 03:00 CEST")
	f("2026-10-25T00:59:59Z", "10-25 02:59 CEST")
	f("2026-10-25T01:00:00Z", "10-25 02:00 CET")
}

func TestUnknownKind(t *testing.T) {
	if _, err := NewSource(NewWorld(1), Config{Kind: "submarine"}); err == nil {
		t.Error("a submarine has sensors")
	}
}

func TestFilter(t *testing.T) {
	var rs Readings
	rs.Add("a").Gauge("x", 1, 0)
	rs.Add("b").Gauge("x", 2, 0).Gauge("y", 3, 0)
	rs.Filter(func(m, f string) bool { return f == "y" })
	if got := fmt.Sprint(rs.All()); got != "[{b [] [{y 3 false}]}]" {
		t.Error(got)
	}
}

func BenchmarkMeasureAccessPoint(b *testing.B) {
	b.ReportAllocs()
	s, err := NewSource(NewWorld(1), Config{Kind: "wifi_ap", At: rome})
	if err != nil {
		b.Fatal(err)
	}
	var out Readings
	for k := 0; b.Loop(); k++ {
		out.Reset()
		s.Measure(monday.Add(time.Duration(k)*time.Minute), time.Minute, uint64(k), &out)
	}
}
