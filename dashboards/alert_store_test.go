package dashboards

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// askAlert asks the store what Grafana asks for a rule at a time.
func askAlert(tb testing.TB, c *influx.Client, a Alert, at time.Time) []ingest.Series {
	tb.Helper()
	filter := fmt.Sprintf("time >= %dms and time <= %dms", at.Add(-a.Window-a.Delay).UnixMilli(), at.Add(-a.Delay).UnixMilli())
	series, err := c.Query(tb.Context(), schema.BucketFixed, strings.ReplaceAll(a.Query.String(), "$timeFilter", filter))
	if err != nil {
		tb.Fatal(err)
	}
	return series
}

// TestSilentShare: a comune that falls silent as a whole is told like one that
// loses a part of its devices, and what nobody heard for a day counts no more.
func TestSilentShare(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: a real InfluxDB is not started in short mode")
	}
	s := influxtest.Start(t)
	s.Buckets(schema.BucketFixed)
	at := time.Now().UTC()
	var b strings.Builder
	say := func(comune string, device int, ago time.Duration) {
		for back := ago; back < 5*time.Hour; back += 10 * time.Minute { // and all the time before
			fmt.Fprintf(&b, "wifi_ap,comune=%s,device_id=ap-%s-%d q=0i %d\n", comune, comune, device, at.Add(-back).UnixNano())
		}
	}
	for n := range 10 {
		say("058091", n, time.Minute)
		say("082053", n, []time.Duration{time.Minute, 2 * time.Hour}[n%2])
		say("046007", n, 3*time.Hour)
	}
	fmt.Fprintf(&b, "wifi_ap,comune=058091,device_id=ap-gone q=0i %d\n", at.Add(-25*time.Hour).UnixNano())
	write(t, s, b.String())
	want := map[string]float64{"058091": 0, "082053": 50, "046007": 100}
	got := askAlert(t, s.Client(), silentShare(), at)
	if len(got) != len(want) {
		t.Fatalf("%d comuni, want %d", len(got), len(want))
	}
	for _, one := range got {
		share, ok := ingest.NumberOf(one.Values[0][1])
		if comune := one.Tags["comune"]; !ok || share != want[comune] || len(one.Values) != 1 {
			t.Errorf("in %s %v %% are silent, want %v", comune, one.Values, want[comune])
		}
	}
}

// BenchmarkAlerts measures what one evaluation of each rule costs InfluxDB, as its
// own processor time, in the city of BenchmarkPages.
func BenchmarkAlerts(b *testing.B) {
	s := influxtest.Start(b)
	s.Buckets(schema.BucketFixed)
	now := time.Now().UTC().Truncate(time.Hour)
	points := fillDay(b, s.Client(), costDevices(), now)
	settle(b, s)
	b.Logf("%d devices, %d points", costDevices(), points)
	for _, a := range slices.Concat(alerts()[0].Alerts, alerts()[1].Alerts, alerts()[2].Alerts) {
		b.Run(a.Name, func(b *testing.B) {
			before := s.CPU()
			for b.Loop() {
				askAlert(b, s.Client(), a, now)
			}
			b.ReportMetric(float64((s.CPU()-before).Milliseconds())/float64(b.N), "cpu-ms/evaluation")
		})
	}
}
