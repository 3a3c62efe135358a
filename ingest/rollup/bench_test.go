package rollup_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// benchFleet is how many devices the benchmarks have and how often each of them
// says something: RIONE_TEST_DEVICES and RIONE_TEST_INTERVAL, or little enough
// to end soon.
func benchFleet(b *testing.B) (count int, every time.Duration) {
	b.Helper()
	count, err := strconv.Atoi(cmp.Or(os.Getenv("RIONE_TEST_DEVICES"), "20"))
	if err != nil || count < 1 {
		b.Fatalf("RIONE_TEST_DEVICES is no number of devices: %v", err)
	}
	every, err = time.ParseDuration(cmp.Or(os.Getenv("RIONE_TEST_INTERVAL"), "1m"))
	if err != nil || every <= 0 {
		b.Fatalf("RIONE_TEST_INTERVAL is no length of time: %v", err)
	}
	return count, every
}

// fill writes readings of three gauges, device by device, a month of ten
// thousand of them in bounded memory.
func fill(b *testing.B, r *rig, count int, every time.Duration, from, to time.Time) (points int) {
	b.Helper()
	batch, line := influx.NewBatch(), []byte(nil)
	flush := func() {
		if rejects, err := r.store.writer.Write(b.Context(), r.opt.Bucket, batch); err != nil || len(rejects) > 0 {
			b.Fatal(err, rejects)
		}
		batch.Reset()
	}
	for d := range count {
		head := fmt.Sprintf("air,comune=058091,device_id=air-%d,s2_cell_id=132f61,zone=Municipio\\ %d ", d, 1+d%15)
		offset := time.Duration(d%60) * every / 60 // devices do not speak in chorus
		for at, i := from.Add(offset), d; at.Before(to); at, i = at.Add(every), i+1 {
			line = fmt.Appendf(append(line[:0], head...), "pm10_ugm3=%d.5,temp_c=%d.25,rh_pct=%d,lat=41.9,lon=12.5,q=0i %d",
				20+i%50, 10+i%20, 40+i%30, at.UnixNano())
			batch.AddLine(line)
			points++
			if batch.Len() == 20_000 {
				flush()
			}
		}
	}
	flush()
	return points
}

// BenchmarkRealMonth compares what the API and the dashboards ask of a month, of
// windows and of readings: the city's mean by hour and by day, and one device's
// by hour. It states what making the windows costs a reading.
func BenchmarkRealMonth(b *testing.B) {
	count, every := benchFleet(b)
	server := influxtest.Start(b)
	from := time.Date(2026, 9, 30, 22, 0, 0, 0, time.UTC)
	to := schema.Month.Next(from)
	r := newRig(b, server, "city", to.Add(3*time.Minute))
	r.opt.Interval = func(string) time.Duration { return every }
	began := time.Now()
	points := fill(b, r, count, every, from, to)
	b.Logf("%d readings of %d devices written in %v", points, count, time.Since(began).Round(time.Second))
	began = time.Now()
	r.finish(1<<30, 1)
	took := time.Since(began)
	b.Logf("windows made in %v, %.1f µs a reading", took.Round(time.Second), took.Seconds()*1e6/float64(points))
	f := func(name string, l schema.Level, q string) {
		b.Run(name+"/"+l.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rows := 0
				err := r.store.client.QueryEach(context.Background(), l.Bucket("city"), q, func(s *influx.Series) error {
					rows += len(s.Values)
					return nil
				})
				if err != nil || rows == 0 {
					b.Fatal(rows, err)
				}
			}
		})
	}
	during := fmt.Sprintf(" WHERE time >= %d AND time < %d", from.UnixNano(), to.UnixNano())
	for name, q := range map[string]struct{ of, by string }{
		"city by hour":   {"", " GROUP BY time(1h), comune fill(none)"},
		"city by day":    {"", " GROUP BY time(1d), comune fill(none)"},
		"device by hour": {" AND device_id = 'air-7'", " GROUP BY time(1h), device_id fill(none)"},
	} {
		where := during + q.of
		f(name, schema.Raw, "SELECT mean(pm10_ugm3) FROM air"+where+q.by)
		f(name, schema.Hour, "SELECT mean(pm10_ugm3_mean) FROM air_1h"+where+q.by)
		f(name+" weighted", schema.Hour, "SELECT sum(s) / sum(n) FROM (SELECT pm10_ugm3_mean * pm10_ugm3_n AS s, pm10_ugm3_n AS n FROM air_1h"+where+")"+during+q.by)
	}
	f("city by day", schema.Day, "SELECT mean(pm10_ugm3_mean) FROM air_1d"+during)
}

// BenchmarkRealHistory makes the windows of a year of one device that came late,
// one reading every ten minutes, noted by commits of 500.
func BenchmarkRealHistory(b *testing.B) {
	server := influxtest.Start(b)
	from := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	r := newRig(b, server, "city", from.AddDate(1, 0, 1))
	r.opt.Stride = 400 * 24 * time.Hour
	r.write(nil, history(r, "ap-1", from, 1))
	r.finish(1<<30, 1)
	for b.Loop() {
		b.StopTimer()
		run, points := r.open(), history(r, "ap-2", from, 365)
		for part := range slices.Chunk(points, 500) {
			r.write(run, part)
		}
		r.store.asked = 0
		b.StartTimer()
		r.finish(1<<30, 1)
		b.ReportMetric(float64(r.store.asked), "queries/op")
		b.ReportMetric(float64(len(points)), "readings/op")
	}
	b.ReportAllocs()
}
