package rollup_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/journal"
	"rione/ingest/rollup"
	"rione/ingest/rollup/keep"
	"rione/ingest/schema"
)

// store is a real InfluxDB as the runner's store. It fails when its fuse has
// burnt down, before or after what it was asked for, as a crash would.
type store struct {
	client *influx.Client
	writer *influx.Writer
	fuse   int // calls until the crash; negative: none
	writes map[string]int
	asked  int // queries
}

var errCrash = errors.New("killed")

func (s *store) burn() bool {
	s.fuse--
	return s.fuse == -1
}

func (s *store) QueryEach(ctx context.Context, bucket, q string, f func(*ingest.Series) error) error {
	if s.burn() {
		return errCrash
	}
	s.asked++
	return s.client.QueryEach(ctx, bucket, q, f)
}

func (s *store) Write(ctx context.Context, bucket string, points []ingest.Point) error {
	b := influx.NewBatch()
	for i := range points {
		b.Add(&points[i])
		if s.writes != nil {
			s.writes[points[i].Measurement.Name+" "+points[i].Time.Format(time.RFC3339)]++
		}
	}
	rejects, err := s.writer.Write(ctx, bucket, b)
	if err == nil && len(rejects) > 0 {
		err = errors.New(rejects[0].Detail)
	}
	if s.burn() {
		return errCrash // what was written stands
	}
	return err
}

func (s *store) Delete(ctx context.Context, bucket, measurement string, from, to time.Time, devices ...string) error {
	if s.burn() {
		return errCrash
	}
	return s.client.Delete(ctx, bucket, measurement, from, to, devices...)
}

func (s *store) DeletePlaces(ctx context.Context, bucket, measurement string, from, to time.Time, places ...string) error {
	if s.burn() {
		return errCrash
	}
	return s.client.DeleteBy(ctx, schema.PlaceTag, bucket, measurement, from, to, places...)
}

// rig is a city's store and what its runner keeps, for one test.
type rig struct {
	t      testing.TB
	store  *store
	keeper *keep.Store
	now    time.Time
	opt    rollup.Options
	fleet  map[string]*devices.Device
	points []ingest.Point // all that were written
}

func newRig(t testing.TB, server *influxtest.Server, bucket string, now time.Time) *rig {
	t.Helper()
	server.Buckets(bucket, bucket+"_1h", bucket+"_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, now: now, fleet: map[string]*devices.Device{}, keeper: newKeeper(t)}
	r.store = &store{client: server.Client(), writer: w, fuse: -1, writes: map[string]int{}}
	r.opt = rollup.Options{
		Store: r.store, Keeper: r.keeper, Bucket: bucket, Haste: true, Now: func() time.Time { return r.now },
		Interval: func(string) time.Duration { return interval },
	}
	return r
}

// interval is what every device of the tests is expected to keep.
const interval = 5 * time.Minute

func newKeeper(t testing.TB) *keep.Store {
	t.Helper()
	s, err := keep.Open(t.Context(), newJetStream(t), keep.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newJetStream(t testing.TB) jetstream.JetStream {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: t.TempDir(), NoSync: true, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func (r *rig) open() *rollup.Runner {
	r.t.Helper()
	run, err := rollup.Open(r.t.Context(), r.opt)
	if err != nil {
		r.t.Fatal(err)
	}
	return run
}

// device returns a device of that name.
func (r *rig) device(id string) *devices.Device {
	d := r.fleet[id]
	if d == nil {
		at := geo.Point{Lat: 41.9, Lon: 12.5}
		d = &devices.Device{ID: id, Placements: []devices.Placement{{Comune: "058091", Zone: "Municipio I", Point: at, Cell: at.Cell(geo.LevelFixed)}}}
		r.fleet[id] = d
	}
	return d
}

// point is a reading; values are float64 or int.
func (r *rig) point(device, measurement string, at time.Time, tags []ingest.Tag, values map[string]any) ingest.Point {
	m, d := schema.Lookup(measurement), r.device(device)
	p := ingest.Point{Measurement: m, Device: d, Place: d.At(at), Position: d.At(at).Point, Tags: tags, Time: at}
	for i := range m.Fields {
		switch v := values[m.Fields[i].Name].(type) {
		case float64:
			p.Fields = append(p.Fields, ingest.FieldValue{Field: &m.Fields[i], Float: v})
		case int:
			p.Fields = append(p.Fields, ingest.FieldValue{Field: &m.Fields[i], Int: int64(v)})
		}
	}
	return p
}

// write stores readings as the processor does: first the points, then whoever
// listens, then the marks, then the commit.
func (r *rig) write(run *rollup.Runner, points []ingest.Point) {
	r.t.Helper()
	r.writeTo(r.opt.Bucket, run, points)
	r.points = append(r.points, points...)
}

func (r *rig) writeTo(bucket string, run *rollup.Runner, points []ingest.Point) {
	r.t.Helper()
	b := influx.NewBatch()
	for i := range points {
		b.Add(&points[i])
	}
	if rejects, err := r.store.writer.Write(r.t.Context(), bucket, b); err != nil || len(rejects) > 0 {
		r.t.Fatalf("write readings: %v, %v", err, rejects)
	}
	if run != nil {
		run.Marker().Stored(points)
		if err := run.Marker().Keep(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
	}
}

// finish runs until everything is made, over as many crashes as the fuse allows:
// each new runner crashes a few calls later than the one before.
func (r *rig) finish(firstCrash, step int) (crashes int) {
	r.t.Helper()
	for fuse := firstCrash; ; fuse += step {
		r.store.fuse = fuse
		err := r.open().Once(r.t.Context())
		if err == nil {
			r.store.fuse = -1
			return crashes
		}
		if !errors.Is(err, errCrash) {
			r.t.Fatal(err)
		}
		crashes++
	}
}

// stored reads the windows of a level back: by measurement and series, then by
// start.
func (r *rig) stored(l schema.Level) map[string]map[int64]map[string]float64 {
	r.t.Helper()
	return r.storedAs(l, l.Measurement)
}

// storedAs reads measurements that have such names back.
func (r *rig) storedAs(l schema.Level, name func(string) string) map[string]map[int64]map[string]float64 {
	r.t.Helper()
	out := map[string]map[int64]map[string]float64{}
	for _, m := range schema.Rolled() {
		q := `SELECT * FROM "` + name(m.Name) + `" GROUP BY *`
		err := r.store.client.QueryEach(r.t.Context(), l.Bucket(r.opt.Bucket), q, func(s *ingest.Series) error {
			key := seriesKey(m.Name, s.Tags)
			if out[key] == nil {
				out[key] = map[int64]map[string]float64{}
			}
			for _, row := range s.Values {
				fields := map[string]float64{}
				for i, c := range s.Columns[1:] {
					if v, ok := ingest.NumberOf(row[i+1]); ok {
						fields[c] = v
					}
				}
				out[key][row[0].(time.Time).Unix()] = fields
			}
			return nil
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return out
}
