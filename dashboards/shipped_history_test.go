package dashboards

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// A trend over several places is that of all their readings: a zone of many
// devices counts for more than one of few, levels count by their energy, states by
// the time in which they are known.
func TestTrendsOverPlaces(t *testing.T) {
	now := time.Now().UTC()
	s := startStore(t, now)
	day := schema.Day.Start(now.AddDate(0, 0, -3))
	var lines strings.Builder
	for _, l := range []string{
		"air_place_1d,comune=900001,zone=a pm10_ugm3_n=90i,pm10_ugm3_sum=900,pm10_ugm3_mean=10,eaqi_max=2i,eaqi_n=3i",
		"air_place_1d,comune=900001,zone=b pm10_ugm3_n=10i,pm10_ugm3_sum=500,pm10_ugm3_mean=50,eaqi_max=4i,eaqi_n=3i",
		"air_place_1d,comune=900001 pm10_ugm3_n=100i,pm10_ugm3_sum=2600,pm10_ugm3_mean=26", // of no zone
		"noise_place_1d,comune=900001,zone=a laeq_db_w=300,laeq_db_sum=3e8,laeq_db_mean=60",
		"noise_place_1d,comune=900001,zone=b laeq_db_w=100,laeq_db_sum=1e9,laeq_db_mean=70",
		"parking_spot_place_1d,comune=900001,zone=a occupied_w=1000,occupied_sum=900,occupied_on_pct=90",
		"parking_spot_place_1d,comune=900001,zone=b occupied_w=3000,occupied_sum=300,occupied_on_pct=10",
		"traffic_place_1d,comune=900001,zone=a,vclass=car count_sum=7", "traffic_place_1d,comune=900001,zone=b,vclass=bus count_sum=5",
		"light_place_1d,comune=900001,zone=a energy_kwh_inc=1.5", "light_place_1d,comune=900001 energy_kwh_inc=2",
	} {
		fmt.Fprintf(&lines, "%s %d\n", l, day.UnixNano())
	}
	writeTo(t, s, schema.BucketDaily, lines.String())
	f := func(trend trend, zone string, want float64) {
		t.Helper()
		p := trend.panel(pastMonth, 1, Text{"a", "a"})
		q := p.Queries[0]
		if err := q.Err(); err != nil {
			t.Fatal(err)
		}
		text := expandOver(q.String(), now, p.Window, map[string]string{"comune": "900001", "zone": zone})
		series, err := s.Client().Query(t.Context(), q.Level().Bucket(schema.BucketFixed), text)
		if err != nil || len(series) != 1 {
			t.Fatalf("%s: %v, %d series", text, err, len(series))
		}
		for _, row := range series[0].Values {
			if got, ok := ingest.NumberOf(row[1]); ok != row[0].(time.Time).Equal(day) || ok && math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: %v, want %v on %v only", text, row, want, day)
			}
		}
	}
	f(means(Text{}, "air", "pm10_ugm3"), ".*", 20)
	f(means(Text{}, "air", "pm10_ugm3"), "(a|b)", 14)
	f(means(Text{}, "air", "pm10_ugm3"), "b", 50)
	f(highest(Text{}, "air", schema.AirIndex), ".*", 4)
	f(means(Text{}, "noise", "laeq_db"), ".*", 10*math.Log10(1.3e9/400))
	f(means(Text{}, "parking_spot", "occupied"), ".*", 30)
	f(amounts(Text{}, "traffic", "count"), ".*", 12)
	f(growth(Text{}, "light", "energy_kwh"), ".*", 3.5)
}

// What the data contract does not have is an error of the query.
func TestTrendsOfNothing(t *testing.T) {
	f := func(trend trend, want string) {
		t.Helper()
		if err := trend.panel(pastMonth, 1, Text{}).Queries[0].Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %v: %v, want %q", trend.measurement, trend.fields, err, want)
		}
	}
	f(means(Text{}, "airs", "pm10_ugm3"), "airs")
	f(means(Text{}, "air", "pm11"), "pm11")
	f(means(Text{}, "ledger", "acked"), "no windows")
	f(amounts(Text{}, "weather", "wind_deg"), "wind_deg_sum")
}
