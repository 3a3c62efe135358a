package simulator

import (
	"context"
	"time"

	"rione/simulator/account"
	"rione/simulator/readback"
)

// verify reads back what became of what was published.
func (l *load) verify(ctx context.Context) (*readback.Result, error) {
	devices := make([]readback.Device, 0, len(l.city.devices))
	for i := range l.city.devices {
		if l.record.sent(i) > 0 {
			devices = append(devices, l.expected(i))
		}
	}
	in := l.o.Influx
	return readback.Verify(ctx, devices, readback.Options{
		Target:   readback.Target{URL: in.URL, Token: in.Token, DB: in.DB},
		Deadline: time.Now().Add(in.Wait),
		Progress: func(n int) { l.verified.Add(int64(n)) },
	})
}

// account asks the API what became of what was to be refused, and whether its
// ledger balances.
func (l *load) account(ctx context.Context) (*account.Answer, bool, error) {
	q := account.Question{Since: l.begin, Bad: l.extras.bad, Deadline: time.Now().Add(l.o.Influx.Wait),
		Acked: l.record.acked.Load() + l.extras.acked.Load()}
	a, err := account.Ask(ctx, l.o.API, q)
	if err != nil {
		return nil, false, err
	}
	return a, a.Clean(&q), nil
}

// until counts what the store should hold beside the readings of the plan, and
// what it does; it looks again until these are the same or time is over.
func (l *load) until(ctx context.Context, count func(context.Context, *readback.Asker) (want, found int64, err error)) (want, found int64, err error) {
	in := l.o.Influx
	asker := readback.NewAsker(readback.Target{URL: in.URL, Token: in.Token, DB: in.DB})
	defer asker.Close()
	deadline := time.Now().Add(in.Wait)
	again := time.NewTicker(clocksAgain)
	defer again.Stop()
	for {
		want, found, err = count(ctx, asker)
		if err == nil && found >= want || !time.Now().Before(deadline) {
			return want, found, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
	}
}

// clocksAgain is the time between two looks for replaced clocks.
const clocksAgain = 200 * time.Millisecond

// replaced counts the messages with a clock of 1970, and those found: each is to
// be stored at about the time of its receipt, flagged.
func (l *load) replaced(ctx context.Context, asker *readback.Asker) (want, found int64, err error) {
	for i, n := range l.extras.unsetAcked() {
		first := l.plan.stream(i, &scratch{}).next().Readings
		name, rows := first[0].Measurement, int64(0)
		for j := range first {
			rows += int64(one(first[j].Measurement == name))
		}
		since := l.begin.Truncate(time.Second) // small numbers are read as seconds, and times cut to these
		got, err := asker.Replaced(ctx, l.city.devices[i].ID, name, since)
		if err != nil {
			return 0, 0, err
		}
		want, found = want+n, found+got/rows
	}
	return want, found, nil
}

// setAside counts the messages with an impossible value, and those found among
// the suspect.
func (l *load) setAside(ctx context.Context, asker *readback.Asker) (want, found int64, err error) {
	for i, n := range l.extras.strayAcked() {
		got, err := asker.SetAside(ctx, l.city.devices[i].ID, strayValue, l.begin.Truncate(time.Second))
		if err != nil {
			return 0, 0, err
		}
		want, found = want+n, found+got
	}
	return want, found, nil
}

// expected returns what the store must hold of device i. Its messages are made
// again from the seed, so nothing of them is kept while the run lasts.
func (l *load) expected(i int) readback.Device {
	d := &l.city.devices[i]
	sent := l.record.sent(i)
	return readback.Device{
		ID: d.ID, Comune: d.Comune, Zone: d.Zone, At: d.At,
		Messages: func(yield func(readback.Message) bool) {
			s := l.plan.stream(i, &scratch{})
			for k := range sent {
				m := s.next()
				if !yield(readback.Message{MS: m.Time.UnixMilli(), Acked: l.record.isAcked(i, k), Readings: m.Readings}) {
					return
				}
			}
		},
		Said: func(ms int64) bool {
			k := (ms - l.plan.at(d, 0).UnixMilli() + 500) / d.Interval.Milliseconds() // a format may cut seconds
			return k >= 0 && k < int64(sent) && l.plan.at(d, uint32(k)).UnixMilli() == ms
		},
	}
}
