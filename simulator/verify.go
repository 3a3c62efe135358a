package simulator

import (
	"context"
	"time"

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
			return k >= 0 && l.plan.at(d, uint32(k)).UnixMilli() == ms
		},
	}
}
