package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/rollup"
	"rione/ingest/schema"
)

// rollupStore is a real InfluxDB as the store of rollups.
type rollupStore struct {
	t      testing.TB
	server *influxtest.Server
	client *influx.Client
}

func (s rollupStore) QueryEach(ctx context.Context, bucket, q string, f func(*ingest.Series) error) error {
	return s.client.QueryEach(ctx, bucket, q, f)
}

func (s rollupStore) Write(ctx context.Context, bucket string, points []ingest.Point) error {
	b := influx.NewBatch()
	for i := range points {
		b.Add(&points[i])
	}
	w, err := influx.NewWriter(s.client)
	if err != nil {
		return err
	}
	rejects, err := w.Write(ctx, bucket, b)
	if err == nil && len(rejects) > 0 {
		err = errors.New(rejects[0].Detail)
	}
	return err
}

func (s rollupStore) Delete(ctx context.Context, bucket, measurement string, from, to time.Time, devices ...string) error {
	return s.client.Delete(ctx, bucket, measurement, from, to, devices...)
}

func (s rollupStore) DeletePlaces(ctx context.Context, bucket, measurement string, from, to time.Time, places ...string) error {
	return s.client.DeleteBy(ctx, schema.PlaceTag, bucket, measurement, from, to, places...)
}

// forgetfulKeeper knows nothing of runs before.
type forgetfulKeeper struct{}

func (forgetfulKeeper) Watermark(context.Context) (time.Time, error)                { return time.Time{}, nil }
func (forgetfulKeeper) Places(context.Context) (map[schema.Level]time.Time, error)  { return nil, nil }
func (forgetfulKeeper) SetPlaces(context.Context, map[schema.Level]time.Time) error { return nil }
func (forgetfulKeeper) SetWatermark(context.Context, time.Time) error               { return nil }
func (forgetfulKeeper) Note(context.Context, []rollup.Mark) error                   { return nil }
func (forgetfulKeeper) Forget(context.Context, uint64) error                        { return nil }
func (forgetfulKeeper) Noted(context.Context) ([]rollup.Mark, uint64, error)        { return nil, 0, nil }

// rolledRig has thirty hours of readings until noon, and their windows until
// half past ten.
func rolledRig(t *testing.T) *rig {
	t.Helper()
	return rolledRigOf(t, smallFleet(), new(time.Time))
}

// rolledRigOf is a rolledRig that says since when windows of places stand.
func rolledRigOf(t *testing.T, fleet []devices.Device, places *time.Time) *rig {
	t.Helper()
	with, server := withInflux(t)
	server.Buckets(schema.Hour.Bucket(schema.BucketFixed), schema.Day.Bucket(schema.BucketFixed))
	r := newRig(t, fleet, with, func(o *Options) {
		o.Now = func() time.Time { return noon }
		o.Rollups = func(context.Context) (RollupStatus, error) {
			return RollupStatus{Until: noon.Add(-90 * time.Minute), Places: *places}, nil
		}
	})
	rng := rand.New(rand.NewPCG(3, 5))
	var lines []string
	for i := range 30 * 20 {
		at := noon.Add(-30*time.Hour + time.Duration(i)*3*time.Minute + time.Duration(rng.IntN(170))*time.Second)
		add := func(device, measurement string, fields map[string]float64) {
			if rng.IntN(5) > 0 {
				p := point(t, r.registry.Snapshot().Device(device), measurement, at, fields)
				lines = append(lines, line(&p))
			}
		}
		add("air-1", "air", map[string]float64{"temp_c": 20 * rng.Float64(), "pm10_ugm3": 50 * rng.Float64()})
		add("wifi-1", "air", map[string]float64{"temp_c": -20 * rng.Float64()})
		add("noise-1", "noise", map[string]float64{"laeq_db": 40 + 50*rng.Float64(), "lamax_db": 90 * rng.Float64(), "window_s": 180})
		add("air-1", "weather", map[string]float64{"wind_deg": math.Mod(300+120*rng.Float64(), 360), "rain_mm": rng.Float64()})
		add("wifi-1", "wifi_ap", map[string]float64{"up": float64(rng.IntN(2)), "clients": float64(rng.IntN(40)), "uptime_s": float64(i)})
	}
	write(t, server, lines)
	run, err := rollup.Open(t.Context(), rollup.Options{
		Store: rollupStore{t, server, server.Client()}, Keeper: forgetfulKeeper{}, Bucket: schema.BucketFixed, Haste: true,
		Now: func() time.Time { return noon.Add(-88 * time.Minute) },
	})
	if err == nil {
		err = run.Once(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Aggregates of windows are those of the readings, at ragged ends of the range
// and where windows are not made yet too.
func TestAggregatesOfWindows(t *testing.T) {
	r := rolledRig(t)
	f := func(query, level string, windows int) {
		t.Helper()
		got, want := get[ReadingPage](r, "/v1/readings?"+query), get[ReadingPage](r, "/v1/readings?level=raw&"+query)
		if got.Level != level || want.Level != "raw" {
			t.Errorf("%s: level %s and %s, want %s", query, got.Level, want.Level, level)
		}
		if len(want.Readings) != windows || len(got.Readings) != windows {
			t.Fatalf("%s: %d windows, %d of readings; want %d", query, len(got.Readings), len(want.Readings), windows)
		}
		for i, w := range want.Readings {
			g := got.Readings[i]
			if !g.Time.Equal(w.Time) || g.DeviceID != w.DeviceID || g.Comune != w.Comune || len(g.Fields) != len(w.Fields) || g.Measurement != w.Measurement {
				t.Fatalf("%s: %+v, want %+v", query, g, w)
			}
			for name := range w.Fields {
				a, b := g.Fields[name].(float64), w.Fields[name].(float64)
				if math.Abs(a-b) > 1e-6*math.Max(1, math.Abs(b)) {
					t.Errorf("%s: %v %s is %v, of readings %v", query, g.Time, name, a, b)
				}
			}
		}
	}
	const whole, ragged = "&start=2026-02-28T06:00:00Z&end=2026-03-01T12:00:00Z", "&start=2026-02-28T07:11:12Z&end=2026-03-01T09:41:00Z"
	for _, function := range []string{"mean", "min", "max", "sum", "count"} {
		f("comune=058091&measurement=air&fields=temp_c,pm10_ugm3&window=1h&aggregate="+function+whole, "1h", 30)
		f("device=air-1&fields=temp_c&window=15m&aggregate="+function+ragged, "15m", 107)
		f("device=air-1&measurement=weather&fields=rain_mm&window=3h&aggregate="+function+ragged, "1h", 10)
	}
	for _, function := range []string{"mean", "min", "max", "count"} {
		f("device=noise-1&fields=laeq_db,lamax_db&window=2h&aggregate="+function+ragged, "1h", 14)
	}
	f("device=air-1&measurement=weather&fields=wind_deg&window=30m&aggregate=mean"+ragged, "15m", 54)
	f("device=wifi-1&fields=up,clients,uptime_s&window=1h&aggregate=count"+whole, "1h", 30)
	f("device=wifi-1&fields=clients&window=1h&order=desc"+whole, "1h", 30)
	f("device=air-1&fields=temp_c&window=1d"+ragged, "raw", 2) // no whole day of the range has windows
	f("device=air-1&fields=temp_c&window=1d&aggregate=sum"+strings.Replace(ragged, "07:11:12", "07:00:00", 1), "1h", 2)

	f("device=air-1&fields=temp_c&window=10m"+whole, "raw", 180)
	f("device=air-1&fields=temp_c&window=1h&aggregate=last"+whole, "raw", 30)
	f("device=wifi-1&fields=clients,up&window=1h"+whole, "raw", 30)
	f("device=air-1&measurement=weather&fields=wind_deg&window=1h&aggregate=max"+whole, "raw", 30)
	f("device=air-1&fields=temp_c&window=15m&start=2026-03-01T04:00:00Z&end=2026-03-01T08:00:00Z", "raw", 16)
}

// The means of levels and of directions, by hand.
func TestAggregatesFollowTheQuantity(t *testing.T) {
	with, server := withInflux(t)
	r := newRig(t, smallFleet(), with, func(o *Options) { o.Now = func() time.Time { return noon } })
	var lines []string
	for i, v := range []struct{ db, deg float64 }{{60, 350}, {70, 30}} {
		for device, fields := range map[string]map[string]float64{"noise-1": {"laeq_db": v.db}, "air-1": {"wind_deg": v.deg}} {
			d := r.registry.Snapshot().Device(device)
			p := point(t, d, map[string]string{"noise-1": "noise", "air-1": "weather"}[device], noon.Add(-time.Duration(i+1)*time.Minute), fields)
			lines = append(lines, line(&p))
		}
	}
	write(t, server, lines)
	f := func(query, field string, want float64) {
		t.Helper()
		page := get[ReadingPage](r, "/v1/readings?window=1h&aggregate=mean&"+query)
		if len(page.Readings) != 1 || math.Abs(page.Readings[0].Fields[field].(float64)-want) > 1e-9 {
			t.Errorf("%s: %s, want %v", query, fmt.Sprint(page.Readings), want)
		}
	}
	f("device=noise-1&fields=laeq_db", "laeq_db", 10*math.Log10((1e6+1e7)/2))
	f("device=air-1&measurement=weather&fields=wind_deg", "wind_deg", 10)
}
