package schema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest/schema"
)

// contract is what stores out there are full of: a field keeps its name and its type
// for ever, since InfluxDB refuses a point of another type. Behind a field: i integer,
// c counter, s state, t text, nothing for a float; in brackets the tags.
const contract = `
wifi_ap: up/s clients/i uptime_s/c cpu_pct mem_used_pct temp_c sanity_pct portal_auth/i portal_garden/i
wifi_radio [band radio]: clients/i channel/i width_mhz util_pct noise_dbm tx_power_dbm active_ms/c busy_ms/c rssi_avg_dbm
wifi_ssid [band ssid]: clients/i down_bytes/c up_bytes/c retries/c
net_if [ifname role]: rx_bytes/c tx_bytes/c errors/c up/s speed_mbps
bb_link [tech line]: up/s rx_power_dbm tx_power_dbm bias_ma temp_c sync_down_kbps sync_up_kbps attain_down_kbps snr_down_db snr_up_db errored_s/c
bb_probe [target af]: sent/i rcvd/i loss_pct rtt_min_ms rtt_avg_ms rtt_max_ms jitter_ms
bb_speed [dir method]: capacity_mbps loss_pct rtt_min_ms pdv_max_ms
air [grade]: pm1_ugm3 pm25_ugm3 pm10_ugm3 no2_ugm3 o3_ugm3 so2_ugm3 co_mgm3 c6h6_ugm3 co2_ppm temp_c rh_pct press_hpa
noise: laeq_db lamax_db lamin_db window_s/i
weather: temp_c rh_pct press_hpa wind_ms gust_ms wind_deg rain_mm solar_wm2 lux
water: level_m distance_m
traffic [lane dir vclass]: count/i speed_kmh occ_pct window_s/i
parking_spot: occupied/s
parking_area: free/i total/i
light: lit/s dim_pct power_w energy_kwh fault/s
bin: fill_pct distance_m temp_c tilted/s
people [line]: in_n/i out_n/i
device: online/s battery_pct battery_v rssi_dbm snr_db fcnt/c
suspect [of]: value bits/i
event [type]: severity/i state/s text/t
indicator [initiative id subject class]: value baseline target
ledger [door]: acked/i stored/i partial/i duplicate/i quarantined/i expired/i points/i bytes/i
`

// written writes a measurement as the contract does.
func written(m *schema.Measurement) string {
	var b strings.Builder
	b.WriteString(m.Name)
	if len(m.Tags) > 0 {
		names := make([]string, len(m.Tags))
		for i := range m.Tags {
			names[i] = m.Tags[i].Name
		}
		fmt.Fprintf(&b, " %v", names)
	}
	b.WriteString(":")
	for i := range m.Fields {
		b.WriteString(" " + m.Fields[i].Name + suffixOf(&m.Fields[i]))
	}
	return b.String()
}

func suffixOf(f *schema.Field) string {
	switch {
	case f.Role == schema.State && f.Type == schema.Int:
		return "/s"
	case f.Role == schema.Counter && f.Type == schema.Int:
		return "/c"
	case f.Role == schema.Gauge && f.Type == schema.Int:
		return "/i"
	case f.Role == schema.Gauge && f.Type == schema.Text:
		return "/t"
	case f.Role == schema.Gauge && f.Type == schema.Float:
		return ""
	}
	return "/?"
}

func TestContract(t *testing.T) {
	for line := range strings.SplitSeq(strings.TrimSpace(contract), "\n") {
		name, _, _ := strings.Cut(strings.NewReplacer(":", " ").Replace(line), " ")
		m := schema.Lookup(name)
		if m == nil {
			t.Errorf("%s is gone", name)
			continue
		}
		if got := written(m); got != line {
			t.Errorf("the contract\n%s\nhas become\n%s", line, got)
		}
		if !slices.Contains(schema.All(), m) {
			t.Errorf("%s is found and not listed", name)
		}
	}
}

func TestDefaultOf(t *testing.T) {
	f := func(kind, want string) {
		t.Helper()
		got := ""
		if m := schema.DefaultOf(kind); m != nil {
			got = m.Name
		}
		if got != want {
			t.Errorf("%q reports %q, want %q", kind, got, want)
		}
	}
	for _, kind := range []string{"wifi_ap", "bb_probe", "air", "noise", "weather", "water", "traffic", "light", "bin", "people"} {
		f(kind, kind)
	}
	f("bb_node", "bb_link")
	f("parking", "parking_spot")
	f("gateway", "device")
	f("", "")
	f("ledger", "")
	f("bb_link", "") // a measurement is no kind
}

// TestMeasurementsAreSound holds each to what the encoder and the store rely on.
func TestMeasurementsAreSound(t *testing.T) {
	taken := schema.CommonTags()
	for _, f := range schema.CommonFields() {
		taken = append(taken, f.Name)
	}
	for _, m := range schema.All() {
		names := slices.Clone(taken)
		if m.Doc == "" || len(m.Fields) == 0 {
			t.Errorf("%s says nothing", m.Name)
		}
		for i := range m.Tags {
			tag := &m.Tags[i]
			if m.Tag(tag.Name) != tag || tag.Doc == "" {
				t.Errorf("%s: tag %s is not found, or says nothing", m.Name, tag.Name)
			}
			names = append(names, tag.Name)
		}
		for i := range m.Fields {
			checkField(t, m, &m.Fields[i])
			names = append(names, m.Fields[i].Name)
		}
		slices.Sort(names)
		if n := len(names); len(slices.Compact(names)) != n {
			t.Errorf("%s: two columns have one name", m.Name)
		}
		if m.Field("mood") != nil || m.Tag("mood") != nil {
			t.Errorf("%s has a mood", m.Name)
		}
	}
}

func checkField(t *testing.T, m *schema.Measurement, f *schema.Field) {
	t.Helper()
	if m.Field(f.Name) != f || f.Doc == "" {
		t.Errorf("%s.%s is not found, or says nothing", m.Name, f.Name)
	}
	if f.Min > f.Max || f.Limits.Step < 0 || f.Limits.Still < 0 {
		t.Errorf("%s.%s: range %v to %v, limits %+v", m.Name, f.Name, f.Min, f.Max, f.Limits)
	}
	if f.Role == schema.State && (f.Min != 0 || f.Max != 1 || f.Unit != "") {
		t.Errorf("%s.%s: a state is 0 or 1 and has no unit", m.Name, f.Name)
	}
	if f.Role == schema.Counter && f.Ranged() {
		t.Errorf("%s.%s: a counter has no plausible range", m.Name, f.Name)
	}
	if f.Type == schema.Text && (f.Ranged() || f.Unit != "") {
		t.Errorf("%s.%s: a text has neither range nor unit", m.Name, f.Name)
	}
}

func TestCorrectable(t *testing.T) {
	f := func(measurement, field string, want bool) {
		t.Helper()
		if got := schema.Lookup(measurement).Field(field).Correctable(); got != want {
			t.Errorf("%s.%s can be calibrated: %v", measurement, field, got)
		}
	}
	f("air", "pm10_ugm3", true)
	f("traffic", "count", true)
	f("net_if", "rx_bytes", true)
	f("bin", "tilted", false)
	f("event", "text", false)
}

func TestTypeNames(t *testing.T) {
	for typ, want := range map[schema.Type]string{schema.Float: "float", schema.Int: "integer", schema.Text: "string"} {
		if got := typ.String(); got != want {
			t.Errorf("%d is %s, want %s", typ, got, want)
		}
	}
}

// TestRetention takes the limits where they are: what is just as old is kept still.
func TestRetention(t *testing.T) {
	keep := schema.Retention{Raw: 10, Hourly: 20}
	f := func(l schema.Level, age int64, want bool) {
		t.Helper()
		if got := keep.Holds(l, time.Duration(age)); got != want {
			t.Errorf("%v of age %d: %v", l, age, got)
		}
	}
	f(schema.Raw, 10, true)
	f(schema.Raw, 11, false)
	f(schema.Quarter, 11, true)
	f(schema.Hour, 20, true)
	f(schema.Hour, 21, false)
	f(schema.Day, 1<<62, true) // no limit: for ever
	f(schema.Month, 1<<62, true)
}
