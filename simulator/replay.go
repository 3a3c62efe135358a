package simulator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rione/simulator/encode"
	"rione/simulator/link"
	"rione/simulator/recording"
)

// Replay plays a recorded day, Options.Speed times faster (0 = as it was), over
// a connection for each client of the recording, and asks the API whether every
// acked message is accounted for. The bytes are those of the recording, so their
// times are, too, and what they mean is not known here: nothing is read back
// from the store. Options.For, when set, ends it early.
func Replay(ctx context.Context, r *recording.Recording, o Options) (*Summary, error) {
	if o.Rate > 0 || o.Profile != nil {
		return nil, errors.New("simulator: a recording has a rate of its own; say a speed")
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	if !(o.Speed > 0 && o.Speed <= maxSpeed) {
		return nil, fmt.Errorf("simulator: speed %v: ask for more than 0, up to %d", o.Speed, maxSpeed)
	}
	if whole := time.Duration(float64(r.Length())/o.Speed) + 1; o.For == 0 || o.For > whole {
		o.For = whole
	}
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	o = o.withDefaults()
	o.Influx, o.Faults = InfluxTarget{Wait: o.Influx.Wait}, Faults{}
	p := newReplay(r, &o)
	s, err := p.load.run(ctx, p.schedule)
	return s, errors.Join(err, p.err)
}

// clientsOf returns the clients of a recording as a city without sensors.
func clientsOf(r *recording.Recording) *City {
	c := &City{}
	for i, client := range r.Clients() {
		c.devices = append(c.devices, Device{Device: encode.Device{ID: client}, Via: i})
	}
	return c
}

// replay plays a recording.
type replay struct {
	load      *load
	recording *recording.Recording
	device    map[string]int // by client
	err       error          // of the recording, while it was played

	mu  sync.Mutex
	due [][]time.Duration // by device and message
}

func newReplay(r *recording.Recording, o *Options) *replay {
	p := &replay{load: newLoad(clientsOf(r), o), recording: r, device: map[string]int{}, due: make([][]time.Duration, len(r.Clients()))}
	for i, client := range r.Clients() {
		p.device[client] = i
	}
	p.load.publish, p.load.intended = p.publish, p.intended
	return p
}

// schedule plans what is due before the end.
func (p *replay) schedule(time.Time) {
	l := p.load
	l.plan = plan{city: l.city, end: l.o.For, faults: &l.o.Faults}
	if l.planned = p.recording.Len(); l.o.For > p.whole() {
		return
	}
	l.planned = 0
	for m, err := range p.recording.Messages() {
		if err != nil || l.plan.over(p.at(&m)) {
			return
		}
		l.planned++
	}
}

// whole returns when the last message is due.
func (p *replay) whole() time.Duration { return p.scaled(p.recording.Length()) }

// at returns when a message is due.
func (p *replay) at(m *recording.Timed) time.Duration { return p.scaled(m.After) }

func (p *replay) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / p.load.o.Speed)
}

func (p *replay) intended(device int, k uint32) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.due[device][k]
}

// publish hands over each message when it is due.
func (p *replay) publish(ctx context.Context) {
	l := p.load
	timer := time.NewTimer(0)
	defer timer.Stop()
	for m, err := range p.recording.Messages() {
		if p.err = err; err != nil || l.plan.over(p.at(&m)) || !l.await(ctx, timer, p.at(&m)) {
			return
		}
		l.mu.Lock()
		observe(l.lag, time.Since(l.begin)-p.at(&m))
		l.mu.Unlock()
		if p.err = p.hand(ctx, timer, &m); p.err != nil {
			return
		}
	}
}

// hand hands a message to its connection, which takes it when it has room: what
// comes after it waits, so that the order stays that of the recording.
func (p *replay) hand(ctx context.Context, timer *time.Timer, m *recording.Timed) error {
	l, i := p.load, p.device[m.Client]
	k := p.note(i, p.at(m))
	err := l.links[i].Publish(m.Topic, m.Payload, token(i, k))
	if errors.Is(err, link.ErrBusy) {
		l.heldBack++
	}
	for errors.Is(err, link.ErrBusy) && l.await(ctx, timer, time.Since(l.begin)+retry) {
		err = l.links[i].Publish(m.Topic, m.Payload, token(i, k))
	}
	if err == nil {
		l.manifest.add(m.Topic, m.Payload)
		l.record.publish(i)
	} else if ctx.Err() != nil {
		return nil // interrupted
	}
	return err
}

// note notes when the next message of a device is due and returns its number.
func (p *replay) note(device int, due time.Duration) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due[device] = append(p.due[device], due)
	return uint32(len(p.due[device]) - 1)
}
