package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// steady is a load that goes on through faults: each device sends its readings
// at its pace, and one that was not acked again after it has reconnected.
type steady struct {
	r     *rig
	base  time.Time
	rate  float64 // messages a second in all
	all   []sent
	acked atomic.Int64
	stop  chan struct{}
	done  sync.WaitGroup
}

// startLoad starts devices that publish at most per readings each.
func (r *rig) startLoad(ids []string, per int, rate float64, base time.Time) *steady {
	s := &steady{r: r, base: base, rate: rate, stop: make(chan struct{}), all: make([]sent, len(ids))}
	for i, id := range ids {
		s.all[i] = sent{id: id, acked: make([]bool, per)}
		s.done.Go(func() { s.device(i) })
	}
	return s
}

// finish stops the load and waits until every device has its last ack.
func (s *steady) finish() []sent {
	close(s.stop)
	s.done.Wait()
	s.r.t.Logf("%d messages acked", s.acked.Load())
	return s.all
}

func (s *steady) device(i int) {
	d := &s.all[i]
	tick := time.NewTicker(time.Duration(float64(len(s.all)) / s.rate * float64(time.Second)))
	defer tick.Stop()
	next := 0
	for next < len(d.acked) {
		c, lost, ok := s.connect(d.id)
		if !ok {
			return
		}
		next = s.publish(c, lost, i, next, tick.C)
		c.Disconnect(0)
		select {
		case <-s.stop:
			return
		default:
		}
	}
}

// connect tries until the door answers or the load is to end.
func (s *steady) connect(id string) (c paho.Client, lost <-chan struct{}, ok bool) {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		broken := make(chan struct{})
		c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + s.r.door()).SetClientID(id).
			SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(5 * time.Second).
			SetConnectionLostHandler(func(paho.Client, error) { close(broken) }))
		if t := c.Connect(); t.WaitTimeout(5*time.Second) && t.Error() == nil {
			return c, broken, true
		}
		select {
		case <-again.C:
		case <-s.stop:
			return nil, nil, false
		}
	}
}

// publish sends from reading next on until the connection breaks or the load
// ends, and returns the first reading that is not acked.
func (s *steady) publish(c paho.Client, lost <-chan struct{}, i, next int, due <-chan time.Time) int {
	d := &s.all[i]
	topic := fmt.Sprintf("sc/v1/%s/air/%s/up", comuneOf(d.id), d.id)
	for ; next < len(d.acked); next++ {
		select {
		case <-due:
		case <-s.stop:
			return next
		}
		t := c.Publish(topic, 1, false, fmt.Sprintf(`{"ts":%d,"temp_c":%g,"rh_pct":48}`, s.base.UnixMilli()+int64(next)*1000, valueOf(i, next)))
		select {
		case <-t.Done():
			if t.Error() != nil {
				return next
			}
			d.acked[next] = true
			s.acked.Add(1)
		case <-lost:
			return next
		case <-time.After(90 * time.Second):
			s.r.t.Errorf("%s: no ack in 90 s", d.id)
			return next
		}
	}
	return next
}

// awaitAcked waits until n messages are acked.
func (s *steady) awaitAcked(t *testing.T, n int64) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(3 * time.Minute)
	for s.acked.Load() < n {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d messages acked after three minutes, waiting for %d", s.acked.Load(), n)
		}
	}
}
