package simulator

import (
	"context"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Sample is what happened in one piece of a run's time.
type Sample struct {
	At        float64 `json:"at_s"` // end of the piece, since the beginning
	Published int64   `json:"published"`
	Acked     int64   `json:"acked"`
	Waiting   int64   `json:"waiting"` // published and not answered, at the end
	Breaks    int64   `json:"breaks"`  // of connections
	AckP50    float64 `json:"ack_p50_ms"`
	AckP99    float64 `json:"ack_p99_ms"`
}

// maxSamples bounds a timeline; then each two samples become one.
const maxSamples = 600

// timeline collects samples while a run goes on.
type timeline struct {
	every   time.Duration
	samples []Sample
	before  Sample                  // counters at the last sample
	recent  *hdrhistogram.Histogram // of acks since then; guarded by load.mu
}

func newTimeline() timeline { return timeline{every: time.Second, recent: newHistogram()} }

// sampling takes samples while work runs.
func (l *load) sampling(work func()) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		timer := time.NewTimer(l.timeline.every)
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
				l.sample()
				timer.Reset(l.timeline.every)
			case <-ctx.Done():
				l.sample()
				return
			}
		}
	})
	work()
	stop()
	running.Wait()
}

func (l *load) sample() {
	t := &l.timeline
	now := Sample{At: time.Since(l.begin).Seconds(), Published: l.record.published.Load(), Acked: l.record.acked.Load(), Breaks: l.lost.Load()}
	s := Sample{At: now.At, Published: now.Published - t.before.Published, Acked: now.Acked - t.before.Acked,
		Breaks: now.Breaks - t.before.Breaks, Waiting: now.Published - now.Acked - l.record.refused.Load()}
	l.mu.Lock()
	p := percentiles(t.recent)
	t.recent.Reset()
	l.mu.Unlock()
	s.AckP50, s.AckP99 = p.P50, p.P99
	t.before = now
	if t.samples = append(t.samples, s); len(t.samples) == maxSamples {
		t.samples, t.every = halved(t.samples), 2*t.every
	}
}

// halved makes one sample of each two. Of percentiles the worse one stays.
func halved(list []Sample) []Sample {
	out := list[:0]
	for i := 0; i+1 < len(list); i += 2 {
		a, b := list[i], list[i+1]
		b.Published, b.Acked, b.Breaks = a.Published+b.Published, a.Acked+b.Acked, a.Breaks+b.Breaks
		b.AckP50, b.AckP99 = max(a.AckP50, b.AckP50), max(a.AckP99, b.AckP99)
		out = append(out, b)
	}
	return out
}
