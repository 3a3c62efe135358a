package simulator

import (
	"context"
	"sync"
	"time"

	"rione/simulator/link"
)

// outages runs the outages of the plan while work runs.
func (l *load) outages(ctx context.Context, work func()) {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, o := range l.o.Faults.Outages {
		running.Go(func() { l.outage(ctx, o) })
	}
	work()
	stop()
	running.Wait()
}

// outage plays one outage, again and again if it is to be.
func (l *load) outage(ctx context.Context, o Outage) {
	timer := time.NewTimer(o.At - time.Since(l.begin))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		l.drop(o)
		if o.Every == 0 {
			return
		}
		timer.Reset(o.Every)
	}
}

// drop breaks the connections that an outage concerns.
func (l *load) drop(o Outage) {
	var dropped int64
	for i := range l.city.devices {
		d := &l.city.devices[i]
		b, can := l.links[i].(link.Breaker)
		if d.Via == i && can && o.concerns(d) {
			b.Break(o.For)
			dropped++
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults.Outages++
	l.faults.Dropped += dropped
}

func (o *Outage) concerns(d *Device) bool {
	return o.Of == "" || o.Of == d.Comune || o.Of == gatewayFamily.kind && d.Kind == o.Of
}

// countDevices counts the faults that are of devices. l.mu is held.
func (l *load) countDevices() {
	f := &l.o.Faults
	l.faults.Skewed, l.faults.Local, l.faults.Slow = 0, 0, 0
	for i := range l.city.devices {
		d := &l.city.devices[i]
		if !l.mine(i) {
			continue
		}
		if f.skewOf(d) != 0 {
			l.faults.Skewed++
		}
		if f.saysLocal(d) {
			l.faults.Local++
		}
		if d.Via == i && slow.strikes(f.Slow, d, 0) {
			l.faults.Slow++
		}
	}
}
