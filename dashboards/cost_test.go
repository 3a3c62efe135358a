package dashboards

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// cityOfTenThousand is how many series each measurement has in a city of 10,000
// devices: an access point has two radios and two networks on the air.
func cityOfTenThousand() map[string]int {
	return map[string]int{
		"wifi_ap": 2000, "wifi_radio": 4000, "wifi_ssid": 4000, "net_if": 2000, "bb_link": 3000, "bb_probe": 300, "bb_speed": 300,
		"air": 500, "noise": 300, "weather": 200, "water": 100, "traffic": 500, "parking_spot": 1500, "parking_area": 50,
		"light": 1000, "bin": 500, "people": 50, "device": 5000,
	}
}

// every is how often each of the devices reports.
const every = 10 * time.Minute

// fillDay writes a day of the city of 10,000 devices and returns the points.
func fillDay(b *testing.B, c *influx.Client, now time.Time) int {
	b.Helper()
	w, err := influx.NewWriter(c)
	if err != nil {
		b.Fatal(err)
	}
	batch := influx.NewBatch()
	flush := func() {
		if rejected, err := w.Write(b.Context(), schema.BucketFixed, batch); err != nil || len(rejected) > 0 {
			b.Fatalf("%d lines are refused: %v", len(rejected), err)
		}
		batch.Reset()
	}
	points := 0
	for at := now.Add(-24 * time.Hour); at.Before(now); at = at.Add(every) {
		i := int(at.Unix() / int64(every.Seconds()))
		for name, series := range cityOfTenThousand() {
			m := schema.Lookup(name)
			for n := range series {
				var line strings.Builder
				writeLine(&line, m, fmt.Sprintf("0580%02d", n%20), n, i, at)
				batch.AddLine([]byte(line.String()))
				points++
				if batch.Len() == 5000 {
					flush()
				}
			}
		}
	}
	flush()
	return points
}

// BenchmarkPages measures what opening each page over 24 hours costs InfluxDB:
// the time of all its queries, one after the other, in a city of 10,000 devices.
func BenchmarkPages(b *testing.B) {
	s := influxtest.Start(b)
	s.Buckets(schema.BucketFixed, schema.BucketHourly, schema.BucketDaily)
	now := time.Now().UTC().Truncate(time.Hour)
	b.Logf("%d points", fillDay(b, s.Client(), now))
	set, err := Shipped(Config{InfluxURL: s.URL})
	if err != nil {
		b.Fatal(err)
	}
	client := s.Client()
	for i := range set.Dashboards {
		d := &set.Dashboards[i]
		b.Run(d.Name, func(b *testing.B) {
			for b.Loop() {
				slowest, took := "", time.Duration(0)
				for _, r := range d.Rows {
					for _, p := range r.Panels {
						for _, q := range p.Queries {
							began := time.Now()
							if _, err := client.Query(b.Context(), q.Level().Bucket(schema.BucketFixed), overDay(d, q, p, now)); err != nil {
								b.Fatal(err)
							}
							if t := time.Since(began); t > took {
								slowest, took = p.Title.En, t
							}
						}
					}
				}
				b.Logf("slowest: %s, %v", slowest, took.Round(time.Millisecond))
			}
		})
	}
}

// overDay expands a panel's query as Grafana does for a page that shows a day.
func overDay(d *Dashboard, q Query, p Panel, now time.Time) string {
	span := 24 * time.Hour
	if p.Window > 0 {
		span = p.Window
	}
	interval := max(p.Every, span/720) // a plot of 720 points
	filter := fmt.Sprintf("time >= %dms and time <= %dms", now.Add(-span).UnixMilli(), now.UnixMilli())
	text := strings.NewReplacer("$timeFilter", filter, "$__interval", fmt.Sprintf("%ds", int(interval.Seconds()))).Replace(q.String())
	for _, v := range d.Variables {
		choice := ".*"
		if v.Single {
			choice = strings.ReplaceAll(v.From, "_", "-") + "-07"
		}
		text = strings.ReplaceAll(text, "${"+variableOf(v.Tag)+":regex}", choice)
	}
	return text
}
