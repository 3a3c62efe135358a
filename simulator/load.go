package simulator

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rione/simulator/link"
)

// load publishes a plan. It is an open loop: a message is due when the plan says
// so, whatever became of those before, and its latency counts from then
// (Schroeder, Wierman, Harchol-Balter, NSDI 2006; no coordinated omission).
type load struct {
	city   *City
	plan   plan
	o      *Options
	links  []link.Link // by device; carried devices share their gateway's
	record *record
	probe  *probe // nil without a store

	begin   time.Time // what due times count from
	planned int64     // messages

	connected, verified atomic.Int64 // for Progress
	lost                atomic.Int64 // connections that broke

	mu       sync.Mutex // guards acks
	acks     *hdrhistogram.Histogram
	lag      *hdrhistogram.Histogram // of the publishing goroutine alone
	manifest manifest                // likewise
	heldBack int64                   // likewise
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

// turn is a device's place in the schedule.
type turn struct {
	device  int
	at      time.Duration // when to look at it
	due     time.Duration // when its message is due; before at when it was held back
	stream  *stream
	topic   string
	pending []byte // a message that was held back
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
		out = append(out, &turn{device: i, at: due, due: due, stream: l.plan.stream(i, buf), topic: d.format.Topic(&d.Device)})
	}
	heap.Init(&out)
	return out
}

// grain is the shortest sleep. Waking up for every single message would cost
// more than a millisecond of lag is worth; Summary.LagMS shows it.
const grain = time.Millisecond

// retry is how long a message waits when its connection's window is full.
const retry = 5 * time.Millisecond

// publish plays the plan until it is over or ctx ends.
func (l *load) publish(ctx context.Context) {
	turns := l.schedule()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var body []byte
	for len(turns) > 0 && ctx.Err() == nil {
		next := turns[0]
		if wait := next.at - time.Since(l.begin); wait > 0 {
			timer.Reset(max(wait, grain))
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			continue
		}
		body = l.take(next, body)
		if next.stream == nil {
			heap.Pop(&turns)
		} else {
			heap.Fix(&turns, 0)
		}
	}
}

// take hands a turn's message over and sets the turn to the next one; a turn
// without another one loses its stream. body is memory to use again.
func (l *load) take(t *turn, body []byte) []byte {
	s := t.stream
	if t.pending == nil {
		observe(l.lag, time.Since(l.begin)-t.due)
		body = s.device.format.Append(body[:0], s.next())
		t.pending = body
	}
	switch err := l.links[t.device].Publish(t.topic, t.pending, token(t.device, s.k-1)); {
	case errors.Is(err, link.ErrBusy):
		if t.at == t.due {
			l.heldBack++
			t.pending = append([]byte(nil), t.pending...) // body goes to others
		}
		t.at = max(time.Since(l.begin), t.due+1) + retry
		return body
	case err != nil:
		t.stream = nil
		return body
	}
	l.record.publish(t.device)
	l.manifest.add(t.topic, t.pending)
	t.pending, t.due = nil, l.plan.due(s.device, s.k)
	if t.at = t.due; l.plan.over(t.due) {
		t.stream = nil
	}
	return body
}

// acked notes a PUBACK.
func (l *load) acked(token uint64) {
	i, k := untoken(token)
	if !l.record.ack(i, k) {
		return
	}
	l.probe.offer(i, k)
	took := time.Since(l.begin) - l.plan.due(&l.city.devices[i], k)
	l.mu.Lock()
	observe(l.acks, took)
	l.mu.Unlock()
}

func (l *load) refused(uint64, byte) { l.record.refused.Add(1) }

// drain waits until everything is acked or refused, for at most Options.Drain.
func (l *load) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, l.o.Drain)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for l.record.acked.Load()+l.record.refused.Load() < l.record.published.Load() {
		select {
		case <-poll.C:
		case <-ctx.Done():
			return
		}
	}
}
