package rollup_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// benchDevices is how many devices the benchmarks have: RIONE_TEST_DEVICES, or
// few enough to end soon.
func benchDevices(b *testing.B) int {
	b.Helper()
	if n, err := strconv.Atoi(os.Getenv("RIONE_TEST_DEVICES")); err == nil {
		return n
	}
	return 200
}

// fill writes one reading a minute and device: three gauges.
func fill(b *testing.B, r *rig, devices int, from, to time.Time) (points int) {
	b.Helper()
	batch := influx.NewBatch()
	flush := func() {
		if rejects, err := r.store.writer.Write(b.Context(), r.opt.Bucket, batch); err != nil || len(rejects) > 0 {
			b.Fatal(err, rejects)
		}
		batch.Reset()
	}
	for d := range devices {
		for at, i := from, d; at.Before(to); at, i = at.Add(time.Minute), i+1 {
			batch.AddLine(fmt.Appendf(nil, "air,comune=058091,device_id=air-%d,s2_cell_id=132f61,zone=I pm10_ugm3=%d.5,temp_c=%d.25,rh_pct=%d,lat=41.9,lon=12.5,q=0i %d",
				d, 20+i%50, 10+i%20, 40+i%30, at.UnixNano()))
			points++
			if batch.Len() == 10_000 {
				flush()
			}
		}
	}
	flush()
	return points
}

// BenchmarkRealMonth compares the daily means of a month, by comune, of hours
// and of readings; and states what making the windows costs a reading.
func BenchmarkRealMonth(b *testing.B) {
	server := influxtest.Start(b)
	from := time.Date(2026, 9, 30, 22, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 1, 0)
	r := newRig(b, server, "city", to.Add(3*time.Minute))
	points := fill(b, r, benchDevices(b), from, to)
	began := time.Now()
	r.finish(1<<30, 1)
	cost := time.Since(began).Seconds() * 1e6 / float64(points)
	f := func(name, bucket, q string) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				all, err := r.store.client.Query(b.Context(), bucket, q)
				if err != nil || len(all) == 0 {
					b.Fatal(err)
				}
			}
			b.ReportMetric(cost, "µs-made/reading")
		})
	}
	where := fmt.Sprintf(" WHERE time >= %d AND time < %d GROUP BY time(1d), comune", from.UnixNano(), to.UnixNano())
	f("readings", "city", "SELECT mean(pm10_ugm3) FROM air"+where)
	f("hours", "city_1h", "SELECT mean(pm10_ugm3_mean) FROM air_1h"+where)
	f("days", "city_1d", "SELECT mean(pm10_ugm3_mean) FROM air_1d"+where)
}
