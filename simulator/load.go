package simulator

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rione/simulator/httpdoor"
	"rione/simulator/link"
)

// load publishes a plan. It is an open loop: a message is due when the plan says
// so, whatever became of those before, and its latency counts from then
// (Schroeder, Wierman, Harchol-Balter, NSDI 2006; no coordinated omission).
type load struct {
	city     *City
	plan     plan
	o        *Options
	links    []link.Link // by device; carried devices share their gateway's
	timeline timeline
	pushing  *httpdoor.Dialer
	record   *record
	extras   *extras
	probe    *probe // nil without a store

	publish  func(ctx context.Context)                // plays the plan until it is over or ctx ends
	intended func(device int, k uint32) time.Duration // when a message was to be sent

	begin   time.Time // what due times count from
	planned int64     // messages

	connected, verified atomic.Int64 // for Progress
	lost                atomic.Int64 // connections that broke

	mu       sync.Mutex // guards acks
	acks     *hdrhistogram.Histogram
	lag      *hdrhistogram.Histogram
	manifest manifest    // of the publishing goroutine alone
	faults   FaultCounts // likewise, but for outages: guarded by mu
	heldBack int64       // likewise
}

// mine tells whether this process plays device i: it plays whole connections.
func (l *load) mine(i int) bool {
	return l.o.Parts < 2 || l.city.devices[i].Via%l.o.Parts == l.o.Part
}

// connections returns how many connections this process opens.
func (l *load) connections() (n int) {
	for i := range l.city.devices {
		if l.city.devices[i].Via == i && l.mine(i) {
			n++
		}
	}
	return n
}

// sockets returns how many of them need one each: the HTTP door's share a few.
func (l *load) sockets() (n int) {
	for i := range l.city.devices {
		if d := &l.city.devices[i]; d.Via == i && l.mine(i) && !d.Pushed {
			n++
		}
	}
	return n
}

// turn is a device's place in the schedule.
type turn struct {
	device  int
	at      time.Duration // when to look at it
	due     time.Duration // when its message is due; before at when it was held back
	stream  *stream
	parcels []parcel // what is to be handed over now
	kept    []parcel // messages that wait for others to go first
}

// schedule is a heap of turns: the earliest first, ties by device.
type schedule []*turn

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if s[i].at != s[j].at {
		return s[i].at < s[j].at
	}
	return s[i].device < s[j].device
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Push implements heap.Interface.
func (s *schedule) Push(x any) { *s = append(*s, x.(*turn)) }

// Pop implements heap.Interface.
func (s *schedule) Pop() any {
	old := *s
	last := old[len(old)-1]
	*s = old[:len(old)-1]
	return last
}

func (l *load) schedule() schedule {
	var out schedule
	buf := &scratch{}
	for i := range l.city.devices {
		d := &l.city.devices[i]
		due := l.plan.due(d, 0)
		if !l.mine(i) || l.plan.over(due) {
			continue
		}
		out = append(out, &turn{device: i, at: due, due: due, stream: l.plan.stream(i, buf)})
	}
	heap.Init(&out)
	return out
}

// grain is the shortest sleep. Waking up for every single message would cost
// more than two milliseconds of lag are worth; Summary.LagMS shows it.
const grain = 2 * time.Millisecond

// retry is how long a message waits when its connection's window is full.
const retry = 5 * time.Millisecond

// publishCity plays the city's plan until it is over or ctx ends.
func (l *load) publishCity(ctx context.Context) {
	turns := l.schedule()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var body []byte
	for len(turns) > 0 {
		next := turns[0]
		if !l.await(ctx, timer, next.at) {
			return
		}
		body = l.take(next, body)
		if next.stream == nil {
			heap.Pop(&turns)
		} else {
			heap.Fix(&turns, 0)
		}
	}
}

// await waits until it is time, and tells whether ctx has not ended before.
func (l *load) await(ctx context.Context, timer *time.Timer, at time.Duration) bool {
	for wait := at - time.Since(l.begin); wait > 0; wait = at - time.Since(l.begin) {
		timer.Reset(max(wait, grain))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

// take hands a turn's parcels over and sets the turn to the next ones; a turn
// without others loses its stream. body is memory to use again.
func (l *load) take(t *turn, body []byte) []byte {
	if len(t.parcels) == 0 {
		l.mu.Lock()
		observe(l.lag, time.Since(l.begin)-t.due)
		l.mu.Unlock()
		body = l.pack(t, body)
	}
	for i := range t.parcels {
		p := &t.parcels[i]
		switch err := l.hand(t, p); {
		case errors.Is(err, link.ErrBusy):
			l.holdBack(t, i)
			return body
		case err != nil:
			l.o.Logger.Warn("a device says no more", "device", l.city.devices[t.device].ID, "error", err)
			t.stream = nil
			return body
		}
		l.handed(t, p)
	}
	t.parcels = t.parcels[:0]
	t.due = l.plan.due(t.stream.device, t.stream.k)
	if t.at = t.due; l.plan.over(t.due) {
		t.stream = nil
	}
	return body
}

// holdBack keeps a turn's parcels from the first on for another try.
func (l *load) holdBack(t *turn, first int) {
	if t.at == t.due {
		l.heldBack++
	}
	t.parcels = append(t.parcels[:0], t.parcels[first:]...)
	for i := range t.parcels {
		t.parcels[i] = t.parcels[i].kept() // its memory goes to others
	}
	t.at = max(time.Since(l.begin), t.due+1) + retry
}

// acked notes a PUBACK.
func (l *load) acked(token uint64) {
	if token>>faultShift != 0 {
		l.extraAcked(token)
		return
	}
	i, k := untoken(token)
	if !l.record.ack(i, k) {
		return
	}
	l.probe.offer(i, k)
	took := time.Since(l.begin) - l.intended(i, k)
	l.mu.Lock()
	observe(l.acks, took)
	observe(l.timeline.recent, took)
	l.mu.Unlock()
}

// intendedByPlan returns when message k of device i is to be sent: when it is
// due, or, when it is kept back on purpose, with the message that it lets pass.
func (l *load) intendedByPlan(i int, k uint32) time.Duration {
	d := &l.city.devices[i]
	due := l.plan.due(d, k)
	if _, after := l.keepBack(d, k); after > k {
		for k < after {
			k++
			at := l.plan.due(d, k)
			if l.plan.over(at) {
				return due
			}
			due = at
		}
	}
	return due
}

func (l *load) refused(token uint64, _ byte) {
	if token>>faultShift != 0 {
		l.extras.refused.Add(1)
		return
	}
	l.record.refused.Add(1)
}

// drain waits until everything is acked or refused, for at most Options.Drain.
func (l *load) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, l.o.Drain)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !l.answered() {
		select {
		case <-poll.C:
		case <-ctx.Done():
			return
		}
	}
}

// answered tells whether everything is acked or refused.
func (l *load) answered() bool {
	r, x := l.record, l.extras
	return r.acked.Load()+r.refused.Load() >= r.published.Load() && x.acked.Load()+x.refused.Load() >= x.published.Load()
}
