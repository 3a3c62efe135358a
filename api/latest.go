package api

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

// Bounds of a Latest. Series of one device differ by measurement and extra
// tags; a device that keeps inventing tags only loses its own newest series.
const (
	latestShards    = 64
	defaultDevices  = 200_000
	seriesOfADevice = 64
	fieldsOfASeries = 32
	defaultLookback = 48 * time.Hour
)

// LatestOptions configure a Latest. Zero values mean the defaults.
type LatestOptions struct {
	Devices  int           // devices kept at most; default 200,000
	Lookback time.Duration // how old a value Rebuild still takes; default 48 h
}

// Latest keeps the newest value of every field of every device, by the
// device's own time, and which devices changed since when. It never goes
// backwards. It is safe for concurrent use; in steady state Stored allocates
// nothing.
type Latest struct {
	lookback time.Duration
	perShard int
	seed     maphash.Seed
	shards   [latestShards]latestShard

	tick    atomic.Uint64 // the tick that changes now belong to, from 1
	points  atomic.Uint64 // points heard of
	refused atomic.Uint64 // points of devices beyond the bound
}

type latestShard struct {
	mu      sync.Mutex
	devices map[string]*latestDevice
	changed []*latestDevice // since the last drain, each once
	_       [64]byte        // shards do not share cache lines
}

type latestDevice struct {
	id      string
	seen    time.Time // newest device time of its readings
	tick    uint64    // when it last changed
	pending bool      // it is in its shard's changed
	series  []latestSeries
}

type latestSeries struct {
	measurement *schema.Measurement
	tags        []ingest.Tag
	time        time.Time // of its newest reading
	quality     ingest.Quality
	fields      []latestField
}

type latestField struct {
	value ingest.FieldValue
	time  time.Time
}

var _ ingest.Feed = (*Latest)(nil)

// NewLatest makes an empty Latest.
func NewLatest(o LatestOptions) *Latest {
	if o.Devices <= 0 {
		o.Devices = defaultDevices
	}
	if o.Lookback <= 0 {
		o.Lookback = defaultLookback
	}
	l := &Latest{lookback: o.Lookback, perShard: 1 + o.Devices/latestShards*5/4, seed: maphash.MakeSeed()}
	l.tick.Store(1)
	for i := range l.shards {
		l.shards[i].devices = make(map[string]*latestDevice)
	}
	return l
}

// Stored implements ingest.Feed.
func (l *Latest) Stored(points []ingest.Point) {
	for i := range points {
		if p := &points[i]; p.Device != nil && isReading(p.Measurement) {
			l.store(p)
		}
	}
	l.points.Add(uint64(len(points)))
}

// isReading tells whether the measurement holds what devices say, rather than
// what rione itself notes.
func isReading(m *schema.Measurement) bool {
	switch m.Name {
	case "suspect", "event", "indicator", "ledger":
		return false
	}
	return true
}

func (l *Latest) store(p *ingest.Point) {
	sh := l.shard(p.Device.ID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	d := sh.devices[p.Device.ID]
	if d == nil {
		if len(sh.devices) >= l.perShard {
			l.refused.Add(1)
			return
		}
		d = &latestDevice{id: strings.Clone(p.Device.ID)}
		sh.devices[d.id] = d
	}
	s := d.find(p)
	if s == nil || !s.merge(p) {
		return
	}
	if p.Time.After(d.seen) {
		d.seen = p.Time
	}
	d.tick = l.tick.Load()
	if !d.pending {
		d.pending = true
		sh.changed = append(sh.changed, d)
	}
}

func (l *Latest) shard(id string) *latestShard {
	return &l.shards[maphash.String(l.seed, id)%latestShards]
}

// find returns the series that p belongs to, a new one when it is the first of
// its kind, nil when the device has too many.
func (d *latestDevice) find(p *ingest.Point) *latestSeries {
	for i := range d.series {
		s := &d.series[i]
		if s.measurement == p.Measurement && sameTags(s.tags, p.Tags) {
			return s
		}
	}
	if len(d.series) >= seriesOfADevice {
		return nil
	}
	tags := make([]ingest.Tag, len(p.Tags))
	for i, t := range p.Tags {
		tags[i] = ingest.Tag{Name: strings.Clone(t.Name), Value: strings.Clone(t.Value)}
	}
	d.series = append(d.series, latestSeries{measurement: p.Measurement, tags: tags})
	return &d.series[len(d.series)-1]
}

// sameTags compares two small sets of tags, in whatever order they stand.
func sameTags(a, b []ingest.Tag) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !slices.Contains(b, a[i]) {
			return false
		}
	}
	return true
}

// merge takes those of p's fields that are not older than what is known, and
// tells whether there were any.
func (s *latestSeries) merge(p *ingest.Point) bool {
	taken := false
	for i := range p.Fields {
		taken = s.set(&p.Fields[i], p.Time) || taken
	}
	if taken && !p.Time.Before(s.time) {
		s.time, s.quality = p.Time, p.Quality
	}
	return taken
}

func (s *latestSeries) set(v *ingest.FieldValue, t time.Time) bool {
	for i := range s.fields {
		f := &s.fields[i]
		if f.value.Field != v.Field {
			continue
		}
		if t.Before(f.time) {
			return false
		}
		f.time = t
		if f.value.Text != v.Text {
			f.value.Text = strings.Clone(v.Text)
		}
		f.value.Float, f.value.Int = v.Float, v.Int
		return true
	}
	if len(s.fields) >= fieldsOfASeries {
		return false
	}
	kept := *v
	kept.Text = strings.Clone(v.Text)
	s.fields = append(s.fields, latestField{value: kept, time: t})
	return true
}

// advance ends the current tick. It calls changed for every device that
// changed in it, with the device's shard locked.
func (l *Latest) advance(changed func(*latestDevice)) (tick uint64) {
	tick = l.tick.Add(1) - 1
	for i := range l.shards {
		sh := &l.shards[i]
		sh.mu.Lock()
		for j, d := range sh.changed {
			d.pending = false
			changed(d)
			sh.changed[j] = nil
		}
		sh.changed = sh.changed[:0]
		sh.mu.Unlock()
	}
	return tick
}

// view calls f with what is known of the device, nil when that is nothing,
// with its shard locked.
func (l *Latest) view(id string, f func(*latestDevice)) {
	sh := l.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	f(sh.devices[id])
}

// Seen returns the device time of the newest reading of a device, the zero
// time when there is none.
func (l *Latest) Seen(id string) time.Time {
	var t time.Time
	l.view(id, func(d *latestDevice) {
		if d != nil {
			t = d.seen
		}
	})
	return t
}

// Points returns how many points were stored since l was made.
func (l *Latest) Points() uint64 { return l.points.Load() }

// Forget removes devices that are not in the registry, or retired there.
func (l *Latest) Forget(snapshot *devices.Snapshot) {
	for i := range l.shards {
		sh := &l.shards[i]
		sh.mu.Lock()
		for id := range sh.devices {
			if snapshot.Resolve(id) == nil {
				delete(sh.devices, id)
			}
		}
		sh.mu.Unlock()
	}
}
