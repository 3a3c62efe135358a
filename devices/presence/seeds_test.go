package presence

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rione/devices"
)

// mishaps are what befalls a city of three comuni within a day.
type mishaps struct {
	gateway  string // fails
	dark     string // comune without power
	fails    [2]time.Duration
	blackout [2]time.Duration
	death    map[string]time.Duration // of batteries, since the beginning
	restarts []time.Duration          // of rione, by kill -9
	stop     time.Duration            // when rione is stopped for ten minutes
	backlog  time.Duration            // when processing is behind for half an hour
}

// befall chooses mishaps that are apart in time, so that each has events of its own.
func befall(w *town, random *rand.Rand) mishaps {
	m := mishaps{gateway: fmt.Sprintf("gw-05800%d-%02d", random.IntN(2), random.IntN(10)), dark: "058002", death: map[string]time.Duration{}}
	some := func(from, width int) time.Duration {
		return time.Duration(from)*time.Hour + time.Duration(random.IntN(width))*time.Minute
	}
	m.fails[0] = some(3, 60)
	m.fails[1] = m.fails[0] + some(1, 90)
	m.blackout[0] = some(8, 60)
	m.blackout[1] = m.blackout[0] + some(1, 90)
	m.stop, m.backlog = some(13, 30), some(15, 30)
	for range 4 {
		m.restarts = append(m.restarts, some(1, 20*60))
	}
	for len(m.death) < 15 {
		d := w.entries[w.order[random.IntN(len(w.order))]]
		if d.Kind != devices.Gateway && d.Via != m.gateway && d.Current().Comune != m.dark {
			m.death[d.ID] = some(2, 17*60)
		}
	}
	return m
}

// off tells who is silent at a time of the day.
func (m *mishaps) off(d *devices.Device, at time.Duration) bool {
	within := func(span [2]time.Duration) bool { return at >= span[0] && at < span[1] }
	dies, mortal := m.death[d.ID]
	return mortal && at >= dies || (d.ID == m.gateway || d.Via == m.gateway) && within(m.fails) || d.Current().Comune == m.dark && within(m.blackout)
}

func (m *mishaps) expected() []string {
	out := []string{"comune_wide " + m.dark + " closed 500", "gateway_down " + m.gateway + " closed 31", "own_fault  closed 0", "own_fault  closed 0"}
	for id := range m.death {
		out = append(out, "silent "+id+" open 1")
	}
	slices.Sort(out)
	return out
}

// Days that chance made, each over a night in which the clocks change: whatever
// comes together, each cause is one event, and there are no others.
func TestDaysOfChance(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: four days of fifteen hundred devices, in -short")
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newTown(t, Options{}, cityOf(1500)...)
			w.tick = 30 * time.Second
			begin := time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)
			if seed%2 == 1 {
				begin = time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
			}
			w.now = begin
			m := befall(w, rand.New(rand.NewPCG(seed, 11)))
			w.off = func(d *devices.Device) bool { return m.off(d, w.now.Sub(begin)) }
			w.live(&m, begin)
			got := w.raised()
			slices.Sort(got)
			if want := m.expected(); !slices.Equal(got, want) {
				t.Errorf("%+v\n  got  %q\n  want %q", m, got, want)
			}
		})
	}
}

// live lets a day pass, minute by minute.
func (w *town) live(m *mishaps, begin time.Time) {
	w.t.Helper()
	var state []byte
	for at := time.Duration(0); at < 26*time.Hour; at += time.Minute {
		w.stopped = at >= m.stop && at < m.stop+10*time.Minute
		w.in.Faults = nil
		if at >= m.backlog && at < m.backlog+30*time.Minute {
			w.in.Faults = []string{"processing is behind"}
		}
		if slices.Contains(m.restarts, at) && !w.stopped && len(state) > 0 {
			if err := w.restart(state); err != nil { // of a minute ago
				w.t.Fatal(err)
			}
		}
		if slices.Contains(m.restarts, at+time.Minute) {
			state = w.e.State()
		}
		w.run(time.Minute)
	}
	if end := w.now.Sub(begin); end != 26*time.Hour {
		w.t.Fatalf("the day had %v", end)
	}
}
