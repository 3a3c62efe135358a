package simulator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rione/simulator/httpdoor"
	"rione/simulator/link"
)

// impatience is how long an interrupted run waits for its last PUBACKs.
const impatience = time.Second

// Run publishes what the city says until Options.For is over or ctx ends, and
// reads back what became of it. When ctx ends while it publishes, it returns
// what it found so far, without a read-back, and no error. When the read-back
// fails, it returns both the summary of publishing and an error.
func Run(ctx context.Context, c *City, o Options) (*Summary, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	o = o.withDefaults()
	if o.Push.URL == "" && c.pushes() {
		return nil, errors.New("simulator: some of the city's devices push; say where the HTTP door is")
	}
	l := newLoad(c, &o)
	l.publish, l.intended = l.publishCity, l.intendedByPlan
	return l.run(ctx, func(now time.Time) {
		l.plan = newPlan(c, &o, now)
		l.planned = l.plan.messages(l.mine)
	})
}

// run connects, publishes what schedule has planned, and reads back.
func (l *load) run(ctx context.Context, schedule func(now time.Time)) (*Summary, error) {
	defer l.close()
	if err := l.connectAll(ctx); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	l.begin = time.Now()
	schedule(l.begin)
	took, stopped := l.play(ctx)
	l.close()
	s := l.summary(took)
	s.Interrupted = stopped && l.plan.end > 0
	if stopped {
		return s, nil
	}
	if err := l.verifyAll(ctx, s); err != nil {
		return s, fmt.Errorf("simulator: %w", err)
	}
	return s, nil
}

// play publishes and waits for the last PUBACKs. It returns how long publishing
// took, and whether ctx ended it.
func (l *load) play(ctx context.Context) (took time.Duration, stopped bool) {
	whole := context.WithoutCancel(ctx)
	l.probe.during(whole, func() {
		l.sampling(func() {
			l.during(Publishing, func() { l.outages(ctx, func() { l.publish(ctx) }) })
			took, stopped = time.Since(l.begin), ctx.Err() != nil
			if stopped {
				l.o.Drain = min(l.o.Drain, impatience)
			}
			l.farewells()
			l.during(Draining, func() { l.drain(whole) })
		})
	})
	return took, stopped
}

// verifyAll reads everything back into s and tells about it.
func (l *load) verifyAll(ctx context.Context, s *Summary) (err error) {
	if l.o.Influx.URL == "" && l.o.API.URL == "" {
		return nil
	}
	l.during(Verifying, func() { err = errors.Join(l.verifyStore(ctx, s), l.verifyAccount(ctx, s)) })
	return err
}

func (l *load) verifyStore(ctx context.Context, s *Summary) error {
	if l.o.Influx.URL == "" {
		return nil
	}
	result, err := l.verify(ctx)
	if err != nil {
		return err
	}
	s.Verified, s.Result = true, *result
	if s.ClocksUnset, s.ClocksReplaced, err = l.until(ctx, l.replaced); err != nil {
		return err
	}
	s.Strays, s.StraysSetAside, err = l.until(ctx, l.setAside)
	return err
}

func (l *load) verifyAccount(ctx context.Context, s *Summary) (err error) {
	if l.o.API.URL == "" {
		return nil
	}
	s.Account, s.Accounted, err = l.account(ctx)
	return err
}

func newLoad(c *City, o *Options) *load {
	l := &load{city: c, o: o, record: newRecord(len(c.devices)), extras: newExtras(len(c.devices)), links: make([]link.Link, len(c.devices)),
		acks: newHistogram(), lag: newHistogram(), timeline: newTimeline()}
	l.pushing = httpdoor.New(httpdoor.Options{URL: o.Push.URL, Token: o.Push.Token})
	l.probe = newProbe(l)
	return l
}

// connectAll opens the connections and tells about it.
func (l *load) connectAll(ctx context.Context) (err error) {
	l.during(Connecting, func() { err = l.connect(ctx) })
	return err
}

// summary returns what publishing came to. The links are closed.
func (l *load) summary(took time.Duration) *Summary {
	r := l.record
	l.mu.Lock()
	defer l.mu.Unlock()
	l.countDevices()
	s := &Summary{
		Devices: len(l.city.devices), Connections: l.connections(),
		Planned: l.planned, Published: r.published.Load(), Acked: r.acked.Load(), Refused: r.refused.Load(),
		AckedInAll: r.acked.Load() + l.extras.acked.Load(),
		PublishS:   took.Seconds(), AckMS: percentiles(l.acks), LagMS: percentiles(l.lag),
		HeldBack: l.heldBack, Disconnects: l.lost.Load(), Manifest: l.manifest.String(), Faults: l.faults,
	}
	s.Timeline, s.Histograms = l.timeline.samples, Histograms{Ack: encoded(l.acks), Lag: encoded(l.lag)}
	if l.probe != nil {
		s.Histograms.Queryable = encoded(l.probe.took)
		s.QueryableMS, s.NeverQueryable = percentiles(l.probe.took), l.probe.never
		s.Probed = l.probe.took.TotalCount()
	}
	s.Failed = s.Published - s.Acked
	s.Rate = float64(s.Published) / took.Seconds()
	s.GeneratorOverloaded = s.LagMS.P99 > float64(overload.Milliseconds())
	return s
}
