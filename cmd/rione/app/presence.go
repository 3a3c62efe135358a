package app

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"rione/devices/event"
	"rione/devices/event/hook"
	"rione/devices/event/keep"
	"rione/devices/presence"
)

// watch is presence at work: it hears of points and sessions, lets the engine
// judge step by step, and puts what it says into the book of events.
type watch struct {
	app    *App
	keep   *keep.Store
	book   *event.Book
	engine *presence.Engine
	heard  *listener
	own    *platform
	guard  *security
	every  time.Duration // between two steps

	unkept    []event.Event // changes that the book did not take yet
	saved     time.Time     // when the checkpoint was
	observers observers
	watched   prometheus.Gauge
	unheard   prometheus.Gauge
	took      prometheus.Histogram
}

// Steps are so far apart, or a quarter of the grace where that is shorter.
const (
	longestStep  = 10 * time.Second
	shortestStep = 250 * time.Millisecond
	checkpoints  = time.Minute
)

// startPresence opens the events and takes up where presence left off. It
// judges once the doors are open, see startWatch.
func (a *App) startPresence(ctx context.Context) error {
	_, js, err := a.stream("presence")
	if err != nil {
		return err
	}
	grace := a.opt.Config.PresenceGrace
	w := &watch{app: a, heard: newListener(), every: min(longestStep, max(grace/4, shortestStep))}
	if w.keep, err = keep.Open(ctx, js, keep.Options{Logger: a.log}); err != nil {
		return err
	}
	w.book, err = event.OpenBook(ctx, event.BookOptions{Store: w.keep, Heard: w.announce, Logger: a.log, Metrics: a.metrics})
	if err != nil {
		return err
	}
	if w.engine, err = presence.New(presence.Options{Grace: grace, Fault: grace}); err != nil {
		return err
	}
	w.own = newPlatform(w.book, a.journal.Status)
	w.guard = newSecurity(w.book, a.registry.Snapshot)
	w.measure(a.metrics)
	a.watch = w
	return w.restore(ctx)
}

func (w *watch) measure(r prometheus.Registerer) {
	with := promauto.With(r)
	w.watched = with.NewGauge(prometheus.GaugeOpts{Name: "rione_presence_watched_devices", Help: "Devices that were heard once and are watched since."})
	w.unheard = with.NewGauge(prometheus.GaugeOpts{Name: "rione_presence_unheard_devices", Help: "Approved devices that never said anything; they are not judged."})
	w.took = with.NewHistogram(prometheus.HistogramOpts{Name: "rione_presence_step_seconds", Help: "Time that a step took.", Buckets: prometheus.ExponentialBuckets(1e-4, 4, 8)})
	with.NewCounterFunc(prometheus.CounterOpts{Name: "rione_presence_alarms_dropped_total", Help: "Alarms of devices that came faster than they could be noted; they are in the store."},
		func() float64 { return float64(w.heard.dropped.Load()) })
}

// restore takes over the checkpoint. Without it presence begins anew, and
// judges each device from its next word on.
func (w *watch) restore(ctx context.Context) error {
	state, err := w.keep.LoadState(ctx)
	if err == nil {
		open := w.book.List(event.Filter{State: event.Open})
		err = w.engine.Restore(state, open, w.app.registry.Snapshot())
	}
	if err != nil && ctx.Err() == nil {
		w.app.log.Error("presence begins anew: devices are judged from their next word on", "error", err)
		return nil
	}
	return ctx.Err()
}

// startWatch begins to judge, and to deliver what is judged.
func (a *App) startWatch(ctx context.Context) error {
	a.work("presence", a.watch.run)
	a.work("events of rione itself", func(ctx context.Context) error {
		a.watch.own.run(ctx, longestStep, func(err error) { a.log.Error("an event of rione itself could not be noted", "error", err) })
		return nil
	})
	a.work("events of security", func(ctx context.Context) error {
		a.watch.guard.run(ctx, a.watch.every, func(err error) { a.log.Error("an event of security could not be noted", "error", err) })
		return nil
	})
	for i, t := range a.stores {
		a.work("events to InfluxDB", func(ctx context.Context) error {
			return a.watch.keep.Follow(ctx, keep.Follower{Name: "influxdb-" + t.name, Deliver: func(ctx context.Context, _ uint64, e event.Event) error {
				if a.stores.indexOf(e.Comune) != i {
					return nil
				}
				return writeEvent(ctx, &t, a.registry.Snapshot(), &e)
			}})
		})
	}
	a.startFigures()
	return a.startWebhook(ctx)
}

// webhookPatience is how long an event is tried to be posted: who is called a
// day late is called for nothing.
const webhookPatience = 24 * time.Hour

func (a *App) startWebhook(ctx context.Context) error {
	o := a.opt.Config.Webhook()
	if o.URL == "" {
		return a.watch.keep.Unfollow(ctx, "webhook")
	}
	o.Version, o.Logger, o.Metrics = a.opt.Version, a.log, a.metrics
	h, err := hook.New(*o)
	if err != nil {
		return err
	}
	a.work("events to the webhook", func(ctx context.Context) error {
		return a.watch.keep.Follow(ctx, keep.Follower{Name: "webhook", Patience: webhookPatience, Deliver: h.Deliver})
	})
	return nil
}

// run steps until ctx ends, and leaves a checkpoint behind.
func (w *watch) run(ctx context.Context) error {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.step(ctx)
		case alarm := <-w.heard.alarms:
			if err := w.book.Alarm(ctx, alarm); err != nil {
				w.app.log.Error("an alarm could not be noted; it is in the store", "device", alarm.Device, "type", alarm.Type, "error", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			if err := w.save(last); err != nil {
				w.app.log.Error("presence leaves no checkpoint behind; the next start uses the one before", "error", err)
			}
			return nil
		}
	}
}

// step lets the engine judge what happened since the step before.
func (w *watch) step(ctx context.Context) {
	faults := w.faults(ctx)
	start := time.Now()
	in := w.heard.take()
	in.Snapshot, in.Windows, in.Faults = w.app.registry.Snapshot(), w.book.Windows(), faults
	w.unkept = append(w.unkept, w.engine.Step(start, in)...)
	w.took.Observe(time.Since(start).Seconds())
	watched, unheard := w.engine.Count()
	w.watched.Set(float64(watched))
	w.unheard.Set(float64(unheard))
	w.observers.check(w.app.door)
	if err := w.note(ctx); err != nil && ctx.Err() == nil {
		w.app.log.Error("events wait, since they cannot be kept", "waiting", len(w.unkept), "error", err)
		return
	}
	if start.Sub(w.saved) >= checkpoints {
		if err := w.save(ctx); err != nil && ctx.Err() == nil {
			w.app.log.Error("presence has no new checkpoint", "error", err)
		}
	}
}

// note puts the changes into the book, in their order.
func (w *watch) note(ctx context.Context) error {
	for len(w.unkept) > 0 {
		if err := w.book.Put(ctx, w.unkept[0]); err != nil {
			return err
		}
		w.unkept = w.unkept[1:]
	}
	return nil
}

func (w *watch) save(ctx context.Context) error {
	w.saved = time.Now()
	return w.keep.SaveState(ctx, w.engine.State())
}

// behind is the age at which a message that is not processed means that
// processing is behind.
const behind = time.Minute

// faults are what keeps rione itself from hearing devices now.
func (w *watch) faults(ctx context.Context) (list []string) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	a := w.app
	for _, err := range []error{a.checkDoors(ctx), a.checkJournal(ctx), a.checkStore(ctx), w.checkProcessing(ctx)} {
		if err != nil && ctx.Err() == nil {
			list = append(list, err.Error())
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		list = append(list, "the journal does not answer")
	}
	return list
}

// checkProcessing tells whether messages wait for long and none comes out.
func (w *watch) checkProcessing(ctx context.Context) error {
	oldest, err := w.app.journal.Waiting(ctx)
	if err != nil || oldest.IsZero() {
		return err
	}
	if now := time.Now(); now.Sub(oldest) > behind && now.Sub(w.heard.newest()) > behind {
		return errors.New("processing is behind: messages wait that came over a minute ago")
	}
	return nil
}
