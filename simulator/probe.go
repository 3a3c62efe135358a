package simulator

import (
	"context"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rione/simulator/readback"
)

// probe measures how long it takes until what was published can be queried, on
// one acked message at a time: from the moment that it was due until a query
// finds it.
type probe struct {
	load  *load
	asker *readback.Asker
	next  chan probed // of size one: a message to look for, when the probe is free
	took  *hdrhistogram.Histogram
	never int64 // messages that did not come within patience
}

// probed is a message to look for.
type probed struct {
	device int
	k      uint32
}

// Times of a probe.
const (
	probePatience = 30 * time.Second
	probeAgain    = 3 * time.Millisecond
	probePause    = 20 * time.Millisecond // between two messages, so that the store hardly notices
)

// newProbe returns nil when there is no store to ask.
func newProbe(l *load) *probe {
	in := l.o.Influx
	if in.URL == "" {
		return nil
	}
	return &probe{load: l, asker: readback.NewAsker(readback.Target{URL: in.URL, Token: in.Token, DB: in.DB}),
		next: make(chan probed, 1), took: newHistogram()}
}

// offer hands the probe an acked message, if it is free.
func (p *probe) offer(device int, k uint32) {
	if p == nil {
		return
	}
	select {
	case p.next <- probed{device, k}:
	default:
	}
}

// during runs the probe while work runs. Without a store to ask it only works.
func (p *probe) during(ctx context.Context, work func()) {
	if p == nil {
		work()
		return
	}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { p.run(ctx) })
	work()
	stop()
	running.Wait()
}

// run looks for what it is offered until ctx ends.
func (p *probe) run(ctx context.Context) {
	defer p.asker.Close()
	pause := time.NewTicker(probePause)
	defer pause.Stop()
	for {
		select {
		case m := <-p.next:
			p.look(ctx, m)
		case <-ctx.Done():
			return
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
		select { // what waited meanwhile is old; take a new one
		case <-p.next:
		default:
		}
	}
}

// look asks until the message is there, or patience is over.
func (p *probe) look(ctx context.Context, m probed) {
	limit, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	l := p.load
	d := &l.city.devices[m.device]
	at, due := l.plan.at(d, m.k).UnixMilli(), l.intended(m.device, m.k)
	measurement := l.plan.stream(m.device, &scratch{}).next().Readings[0].Measurement
	again := time.NewTicker(probeAgain)
	defer again.Stop()
	for {
		if found, err := p.asker.Has(limit, d.ID, measurement, at); found && err == nil {
			observe(p.took, time.Since(l.begin)-due)
			return
		}
		select {
		case <-again.C:
		case <-limit.Done():
			if ctx.Err() == nil {
				p.never++
			}
			return
		}
	}
}
