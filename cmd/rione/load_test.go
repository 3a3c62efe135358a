package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// steady is a load that goes on through faults: each device sends its messages
// at its pace, and one that was not acked again after it has reconnected.
type steady struct {
	r     *rig
	base  time.Time
	rate  float64 // messages a second in all
	say   func(device, k int) string
	all   []sent
	acked atomic.Int64
	lost  atomic.Int64 // published and not acked: the door may have taken it all the same
	stop  chan struct{}
	done  sync.WaitGroup
}

// startLoad starts devices that publish at most per readings each.
func (r *rig) startLoad(ids []string, per int, rate float64, base time.Time) *steady {
	return r.startLoadOf(ids, per, rate, base, func(i, k int) string {
		return fmt.Sprintf(`{"ts":%d,"temp_c":%g,"rh_pct":48}`, base.UnixMilli()+int64(k)*1000, valueOf(i, k))
	})
}

// startLoadOf starts devices that publish what say makes, at most per messages
// each.
func (r *rig) startLoadOf(ids []string, per int, rate float64, base time.Time, say func(device, k int) string) *steady {
	s := &steady{r: r, base: base, rate: rate, say: say, stop: make(chan struct{}), all: make([]sent, len(ids))}
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
		d.tried = next + 1
		if !s.acks(c.Publish(topic, 1, false, s.say(i, next)), lost, d.id) {
			s.lost.Add(1)
			return next
		}
		d.acked[next] = true
		s.acked.Add(1)
	}
	return next
}

// acks waits for the ack of a message and tells whether it came.
func (s *steady) acks(t paho.Token, lost <-chan struct{}, id string) bool {
	select {
	case <-t.Done():
		return t.Error() == nil
	case <-lost:
	case <-time.After(90 * time.Second):
		s.r.t.Errorf("%s: no ack in 90 s", id)
	}
	return false
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
