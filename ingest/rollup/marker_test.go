package rollup_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/rollup"
	"rione/ingest/schema"
)

// notebook is a Keeper in memory that fails to note as often as it is told.
type notebook struct {
	mu    sync.Mutex
	marks []rollup.Mark
	fails int
	until time.Time
}

var _ rollup.Keeper = (*notebook)(nil)

func (n *notebook) Places(context.Context) (map[schema.Level]time.Time, error)  { return nil, nil }
func (n *notebook) SetPlaces(context.Context, map[schema.Level]time.Time) error { return nil }
func (n *notebook) Watermark(context.Context) (time.Time, error)                { return n.until, nil }
func (n *notebook) SetWatermark(context.Context, time.Time) error               { return nil }
func (n *notebook) Noted(context.Context) ([]rollup.Mark, uint64, error)        { return nil, 0, nil }
func (n *notebook) Forget(context.Context, uint64) error                        { return nil }
func (n *notebook) Note(ctx context.Context, marks []rollup.Mark) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	runtime.Gosched() // others come in between
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fails > 0 {
		n.fails--
		return errors.New("the disk is full")
	}
	n.marks = append(n.marks, marks...)
	return nil
}

func (n *notebook) has(device string, quarter int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.marks, func(m rollup.Mark) bool { return m.Device == device && m.From <= quarter && quarter < m.To })
}

// noStore is never asked.
type noStore struct{}

func (noStore) QueryEach(context.Context, string, string, func(*ingest.Series) error) error {
	return errors.New("asked")
}
func (noStore) Delete(context.Context, string, string, time.Time, time.Time, ...string) error {
	return errors.New("asked")
}
func (noStore) DeletePlaces(context.Context, string, string, time.Time, time.Time, ...string) error {
	return errors.New("asked")
}
func (noStore) Write(context.Context, string, []ingest.Point) error { return errors.New("asked") }

func markerOf(t *testing.T, n *notebook, mine func(string) bool) *rollup.Marker {
	t.Helper()
	r, err := rollup.Open(t.Context(), rollup.Options{Store: noStore{}, Keeper: n, Mine: mine})
	if err != nil {
		t.Fatal(err)
	}
	return r.Marker()
}

func lateReading(device, measurement, comune string, quarter int64) ingest.Point {
	return ingest.Point{
		Measurement: schema.Lookup(measurement), Device: &devices.Device{ID: device},
		Place: &devices.Placement{Comune: comune}, Time: time.Unix(quarter*900+7, 0),
	}
}

// Processors of several partitions commit at once: whoever's Keep has returned
// may commit, for what it stored is noted, also where another one's Keep took
// its marks along and the disk was full meanwhile.
func TestMarksOfConcurrentCommits(t *testing.T) {
	const last = 1_960_000
	n := &notebook{until: time.Unix(last*900, 0), fails: 3}
	m := markerOf(t, n, nil)
	var all sync.WaitGroup
	for p := range 8 {
		all.Go(func() {
			device := fmt.Sprintf("air-%d", p)
			for i := range int64(20) {
				m.Stored([]ingest.Point{lateReading(device, "air", "058091", last-1-2*i)})
				if err := m.Keep(t.Context()); err != nil {
					t.Error(err)
				}
				if !n.has(device, last-1-2*i) {
					t.Errorf("%s commits its reading %d, which nobody noted", device, i)
				}
			}
		})
	}
	all.Wait()
	if n.has("air-0", last-2) {
		t.Error("a quarter is noted that no reading touches")
	}
}

// A commit that is given up while marks cannot be noted is told so.
func TestMarksThatCannotBeNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notebook{until: time.Unix(1_960_000*900, 0), fails: 1 << 30}
		m := markerOf(t, n, nil)
		m.Stored([]ingest.Point{lateReading("air-1", "air", "058091", 1)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := m.Keep(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a commit whose marks are lost: %v", err)
		}
	})
}

// Every target's marker notes the comuni of its own; and only what windows that
// are made already are made of.
func TestMarksOfTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := time.Unix(1_960_000*900, 0)
		rest, palermo := &notebook{until: until}, &notebook{until: until}
		markers := []*rollup.Marker{
			markerOf(t, rest, func(c string) bool { return c != "082053" }),
			markerOf(t, palermo, func(c string) bool { return c == "082053" }),
		}
		points := []ingest.Point{
			lateReading("rm-1", "air", "058091", 7), lateReading("pa-1", "air", "082053", 7),
			lateReading("rm-1", "air", "058091", 8), lateReading("rm-1", "noise", "058091", 8),
			lateReading("rm-2", "air", "058091", 1_960_000), // in time
			lateReading("rm-3", "event", "058091", 7),       // no windows are made of it
		}
		for _, m := range markers {
			m.Stored(points)
			if err := m.Keep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		f := func(name string, n *notebook, want ...rollup.Mark) {
			t.Helper()
			slices.SortFunc(n.marks, func(a, b rollup.Mark) int { return len(a.Measurement) - len(b.Measurement) })
			if !slices.Equal(n.marks, want) {
				t.Errorf("%s: %v, want %v", name, n.marks, want)
			}
		}
		f("rest", rest, rollup.Mark{Measurement: "air", Device: "rm-1", From: 7, To: 9}, rollup.Mark{Measurement: "noise", Device: "rm-1", From: 8, To: 9})
		f("palermo", palermo, rollup.Mark{Measurement: "air", Device: "pa-1", From: 7, To: 8})
	})
}
