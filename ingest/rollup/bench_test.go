package rollup_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"rione/ingest"
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

// BenchmarkRealMonth asks a month of readings and of windows the same: what a
// panel and the API ask of a city, and of one device. It states how many times
// faster than readings each answers, and what making the windows costs a reading,
// those of places too and by themselves.
// Its memory is bounded whatever the fleet.
func BenchmarkRealMonth(b *testing.B) {
	count, every := benchFleet(b)
	server := influxtest.Start(b)
	from := time.Date(2026, 9, 30, 22, 0, 0, 0, time.UTC)
	to := schema.Month.Next(from)
	r := newRig(b, server, "city", to.Add(3*time.Minute))
	r.opt.Interval, r.store.writes = func(string) time.Duration { return every }, nil
	r.opt.Stride = 24 * time.Hour
	points := fill(b, r, count, every, from, to)
	began := time.Now()
	r.finish(1<<30, 1)
	cost := float64(time.Since(began).Microseconds()) / float64(points)
	began = time.Now()
	r.forgetPlaces() // so that their windows are made again, and alone
	r.finish(1<<30, 1)
	placesCost := float64(time.Since(began).Microseconds()) / float64(points)

	ask := func(name string, l schema.Level, of time.Duration, q string) (took time.Duration) {
		b.Run(name+"/"+l.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rows := 0 // of a stream, which has no limit of time
				if err := r.store.client.QueryEach(b.Context(), l.Bucket("city"), q, func(s *ingest.Series) error { rows += len(s.Values); return nil }); err != nil || rows == 0 {
					b.Fatal(rows, err)
				}
			}
			took = b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(points), "readings")
			b.ReportMetric(cost, "µs-made/reading")
			b.ReportMetric(placesCost, "µs-places/reading")
			if l != schema.Raw {
				b.ReportMetric(float64(of)/float64(took), "x-faster")
			}
		})
		return took
	}
	during := fmt.Sprintf(" WHERE time >= %d AND time < %d", from.UnixNano(), to.UnixNano())
	compare := func(name, of, by string) {
		where := during + of
		raw := ask(name, schema.Raw, 0, "SELECT mean(pm10_ugm3) FROM air"+where+by)
		ask(name+"/panel", schema.Hour, raw, "SELECT mean(pm10_ugm3_mean) FROM air_1h"+where+by)
		ask(name+"/API", schema.Hour, raw, `SELECT sum("s") / sum("n") FROM (SELECT pm10_ugm3_mean * pm10_ugm3_n AS "s", pm10_ugm3_n AS "n" FROM air_1h`+where+")"+during+by)
		if of == "" { // of the city
			ask(name+"/places", schema.Hour, raw, "SELECT sum(pm10_ugm3_sum) / sum(pm10_ugm3_n) FROM air_place_1h"+where+by)
			ask(name+"/API of places", schema.Hour, raw, `SELECT sum("s") / sum("n") FROM (SELECT pm10_ugm3_mean * pm10_ugm3_n AS "s", pm10_ugm3_n AS "n" FROM air_place_1h`+where+")"+during+by)
		}
		if by == cityByDay {
			ask(name+"/panel", schema.Day, raw, "SELECT mean(pm10_ugm3_mean) FROM air_1d"+where+by)
			ask(name+"/places", schema.Day, raw, "SELECT sum(pm10_ugm3_sum) / sum(pm10_ugm3_n) FROM air_place_1d"+where+by)
		}
	}
	compare("city by hour", "", " GROUP BY time(1h), comune fill(none)")
	compare("city by day", "", cityByDay)
	compare("device by hour", " AND device_id = 'air-0'", " GROUP BY time(1h), device_id fill(none)")
}

const cityByDay = " GROUP BY time(1d), comune fill(none)"

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
