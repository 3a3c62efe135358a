package rollup

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// Mark says that quarters of an hour of one device and measurement have to be
// made again, or windows of a place.
type Mark struct {
	Measurement string `json:"m"`
	Device      string `json:"d,omitempty"`
	Place       string `json:"p,omitempty"` // as schema.PlaceTag; "" in marks of devices
	From        int64  `json:"f"`           // quarters of an hour since 1970, included
	To          int64  `json:"t"`           // not included
	Anew        bool   `json:"a,omitempty"` // what stands is deleted first: fewer readings may replace more
}

const quarterSeconds = 15 * 60

func quarterOf(t time.Time) int64 { return floor(t.Unix(), quarterSeconds) }

func timeOf(quarter int64) time.Time { return time.Unix(quarter*quarterSeconds, 0).UTC() }

func floor(a, b int64) int64 {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}

// subject is what marks are about.
type subject struct{ measurement, device string }

// quarterSets are the quarters of an hour of each subject.
type quarterSets map[subject]map[int64]bool

func (q quarterSets) add(s subject, quarter int64) {
	if q[s] == nil {
		q[s] = map[int64]bool{}
	}
	q[s][quarter] = true
}

// marks returns the quarters as ranges.
func (q quarterSets) marks() []Mark {
	var out []Mark
	for s, set := range q {
		for _, quarter := range slices.Sorted(maps.Keys(set)) {
			if n := len(out); n > 0 && out[n-1].To == quarter && out[n-1].Measurement == s.measurement && out[n-1].Device == s.device {
				out[n-1].To++
				continue
			}
			out = append(out, Mark{Measurement: s.measurement, Device: s.device, From: quarter, To: quarter + 1})
		}
	}
	return out
}

// Marker notes which windows that were made already late readings touch. Its
// Keep is called before a processor commits, so that no reading is committed
// whose windows nobody knows to be stale. It is safe for concurrent use.
type Marker struct {
	keeper Keeper
	log    *slog.Logger
	mine   func(comune string) bool
	closed atomic.Int64 // Unix seconds: readings before it are late

	keeping sync.Mutex // held while marks become durable, so that nobody commits meanwhile
	mu      sync.Mutex
	pending quarterSets
}

var _ ingest.Feed = (*Marker)(nil)

func newMarker(o *Options) *Marker {
	return &Marker{keeper: o.Keeper, log: o.Logger, mine: o.Mine, pending: quarterSets{}}
}

// close says that windows that end by t are made, or about to be.
func (m *Marker) close(t time.Time) {
	if !t.IsZero() {
		m.closed.Store(t.Unix())
	}
}

// Stored implements ingest.Feed.
func (m *Marker) Stored(points []ingest.Point) {
	closed := m.closed.Load()
	for i := range points {
		p := &points[i]
		if p.Time.Unix() < closed && p.Device != nil && schema.Rollup(p.Measurement, schema.Hour) != nil && m.mine(p.Place.Comune) {
			m.mu.Lock()
			m.pending.add(subject{p.Measurement.Name, p.Device.ID}, quarterOf(p.Time))
			m.mu.Unlock()
		}
	}
}

// Deleted notes, durably, that readings of a device with from <= time < to were
// deleted, so that its windows are made anew of what there is.
func (m *Marker) Deleted(ctx context.Context, device string, from, to time.Time) error {
	last := earlier(to, time.Unix(m.closed.Load(), 0))
	if !from.Before(last) {
		return nil // no window is made of it yet
	}
	var marks []Mark
	for _, measurement := range schema.Rolled() {
		marks = append(marks, Mark{Measurement: measurement.Name, Device: device, From: quarterOf(from), To: quarterOf(last.Add(-1)) + 1, Anew: true})
	}
	return m.keeper.Note(ctx, marks)
}

// Keep makes the marks so far durable. It tries for as long as ctx lives, and
// fails only when that ends.
func (m *Marker) Keep(ctx context.Context) error {
	m.keeping.Lock()
	defer m.keeping.Unlock()
	m.mu.Lock()
	marks := m.pending.marks()
	m.pending = quarterSets{}
	m.mu.Unlock()
	if len(marks) == 0 {
		return nil
	}
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := m.keeper.Note(ctx, marks)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err() // the readings are not committed and come again
		}
		m.log.Warn("late readings cannot be noted, processing waits", "error", err, "again_in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
