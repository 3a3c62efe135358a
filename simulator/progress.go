package simulator

import (
	"sync"
	"time"
)

// Phase is what a run is doing.
type Phase string

// The phases of a run, in their order.
const (
	Connecting Phase = "connecting"
	Publishing Phase = "publishing"
	Draining   Phase = "draining"
	Verifying  Phase = "verifying"
)

// Progress is where a run stands.
type Progress struct {
	Phase       Phase
	Elapsed     time.Duration // since publishing began
	For         time.Duration // how long it publishes, 0 = until it is stopped
	Connected   int
	Connections int
	Planned     int64 // messages in all; 0 = no end is set
	Published   int64
	Acked       int64
	Refused     int64   // by the broker
	Breaks      int64   // of connections
	AckP50MS    float64 // publish → ack, so far
	AckP99MS    float64
	LagP99MS    float64 // of the generator behind its schedule, so far
	Verified    int     // devices read back
	Devices     int
}

// tellEvery is the time between two calls of Options.Progress within a phase.
const tellEvery = time.Second

// during calls Options.Progress while work runs, at its beginning and its end.
func (l *load) during(phase Phase, work func()) {
	done := make(chan struct{})
	var teller sync.WaitGroup
	l.o.Progress(l.progress(phase))
	teller.Go(func() {
		tick := time.NewTicker(tellEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.o.Progress(l.progress(phase))
			case <-done:
				l.o.Progress(l.progress(phase))
				return
			}
		}
	})
	work()
	close(done)
	teller.Wait()
}

func (l *load) progress(phase Phase) Progress {
	p := Progress{
		Phase: phase, For: l.plan.end, Planned: l.planned,
		Connected: int(l.connected.Load()), Connections: l.connections(),
		Published: l.record.published.Load(), Acked: l.record.acked.Load(),
		Verified: int(l.verified.Load()), Devices: len(l.city.devices),
	}
	if !l.begin.IsZero() {
		p.Elapsed = time.Since(l.begin)
	}
	p.Refused, p.Breaks = l.record.refused.Load(), l.lost.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	acks := percentiles(l.acks)
	p.AckP50MS, p.AckP99MS, p.LagP99MS = acks.P50, acks.P99, l.lagP99()
	return p
}

// lagP99 returns the generator's lag, ms. l.mu is held.
func (l *load) lagP99() float64 { return percentiles(l.lag).P99 }
