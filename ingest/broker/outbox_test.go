package broker

import (
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rione/ingest/broker/packet"
)

// stuckConn blocks writes until it is closed, like a client that never reads.
type stuckConn struct {
	net.Conn
	writing chan struct{} // one for each write that began
	closed  chan struct{}
}

func newStuckConn() *stuckConn {
	return &stuckConn{writing: make(chan struct{}, 10), closed: make(chan struct{})}
}

func (c *stuckConn) Write([]byte) (int, error) {
	c.writing <- struct{}{}
	<-c.closed
	return 0, net.ErrClosed
}

func (c *stuckConn) Close() error                     { close(c.closed); return nil }
func (c *stuckConn) SetWriteDeadline(time.Time) error { return nil }

// newOutbox makes one that a client of version v has opened.
func newOutbox(t *testing.T, socket net.Conn, v packet.Version) *outbox {
	t.Helper()
	s, err := New(Options{Intake: newIntake(), Access: fakeAccess{}, Limits: Limits{ReceiveMaximum: 2}})
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, link{Conn: socket, hangUp: socket.Close})
	c.out.version, c.out.welcome = v, true
	return &c.out
}

// TestOutboxNeverBlocksWhoAcks stops the writer in the middle of a write: acks,
// flushes, deliveries and the end must all go on.
func TestOutboxNeverBlocksWhoAcks(t *testing.T) {
	socket := newStuckConn()
	o := newOutbox(t, socket, packet.V5)
	o.admit(false)
	o.ack(packet.TypePuback, 1, packet.Success, "")
	o.flush()
	<-socket.writing
	for range 10_000 {
		o.ack(packet.TypePuback, 2, packet.Success, "")
		o.flush()
		o.enqueue(delivery{message: &message{topic: "t", payload: []byte("x")}})
	}
	o.finish(packet.ServerShuttingDown, "")
	o.stop()
	o.leave()
	if n := o.total.Load(); n != 0 {
		t.Errorf("%d bytes still count as waiting", n)
	}
	o.ack(packet.TypePuback, 3, packet.Success, "") // after the end: nothing
	o.enqueue(delivery{message: &message{topic: "t"}})
	o.finish(packet.Success, "")
}

func TestOutboxHoldsBackWhoPublishes(t *testing.T) {
	socket := newStuckConn()
	o := newOutbox(t, socket, packet.V4)
	first, second, third := o.admit(false), o.admit(false), o.admit(false)
	if !first || !second || third {
		t.Error("the receive maximum of 2 is not kept")
	}
	o.forget()
	if !o.admit(false) {
		t.Error("a publish that was taken back still counts")
	}
	admitted := make(chan bool)
	go func() { admitted <- o.admit(true) }()
	o.ack(packet.TypePuback, 1, packet.Success, "")
	o.flush()
	if !<-admitted {
		t.Error("an ack that left did not make room")
	}
	go func() { admitted <- o.admit(true) }()
	o.stop()
	<-admitted // the end wakes who waits
	o.leave()
}

func TestOutboxHoldsBackWhoDoesNotReadAnswers(t *testing.T) {
	socket := newStuckConn()
	o := newOutbox(t, socket, packet.V4)
	var replies atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			o.reply(make([]byte, 1024))
			replies.Add(1)
		}
	}()
	<-socket.writing
	eventually(t, "the answers pile up", func() bool { return replies.Load() > controlBytes/1024 })
	o.mu.Lock()
	if o.filled > 2*controlBytes {
		t.Errorf("%d bytes of answers wait", o.filled)
	}
	o.mu.Unlock()
	o.stop()
	<-done
	o.leave()
}

// panicConn panics when it is written to.
type panicConn struct{ stuckConn }

func (c *panicConn) Write([]byte) (int, error) { panic("a bug below") }

func TestOutboxRecoversItsWriter(t *testing.T) {
	o := newOutbox(t, &panicConn{*newStuckConn()}, packet.V4)
	o.reply([]byte{1})
	o.leave()
	if !o.ended {
		t.Error("it goes on")
	}
}

// failingConn cannot be written to, nor closed cleanly.
type failingConn struct{ net.Conn }

func (failingConn) Write([]byte) (int, error)        { return 0, errors.New("broken pipe") }
func (failingConn) Close() error                     { return errors.New("not even that") }
func (failingConn) SetWriteDeadline(time.Time) error { return nil }

func TestOutboxEndsWhenItCannotWrite(t *testing.T) {
	o := newOutbox(t, failingConn{}, packet.V4)
	o.reply([]byte{1})
	eventually(t, "it ends", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.ended && !o.writing
	})
	o.leave()
}

func TestPacketIdentifiersAreNotReusedInFlight(t *testing.T) {
	o := newOutbox(t, failingConn{}, packet.V4)
	o.lastID = 65_533
	for _, id := range []uint16{65_535, 1, 2} {
		o.unacked = append(o.unacked, delivery{message: &message{}, id: id})
	}
	if a, b := o.freeID(), o.freeID(); a != 65_534 || b != 3 {
		t.Errorf("got %d and %d", a, b)
	}
}

func TestFifo(t *testing.T) {
	var q fifo
	next := 0
	for i := range 1000 {
		q.push(delivery{message: &message{payload: make([]byte, i%7)}, id: uint16(i)})
		if i%3 > 0 {
			if d := q.pop(); int(d.id) != next {
				t.Fatalf("popped %d, want %d", d.id, next)
			}
			next++
		}
	}
	if q.len() != 1000-next || cap(q.items) > 1000 {
		t.Errorf("%d are left in room for %d", q.len(), cap(q.items))
	}
	for q.len() > 0 {
		q.pop()
	}
	if q.bytes != 0 || cap(q.items) > keptQueue {
		t.Errorf("an empty queue counts %d bytes and keeps room for %d", q.bytes, cap(q.items))
	}
}

func TestExpiryRunsDown(t *testing.T) {
	now := time.Unix(1000, 0)
	m := &message{topic: "t", payload: []byte(strings.Repeat("x", 3)), expires: now.Add(90 * time.Second)}
	f := func(after time.Duration, left uint32, expired bool) {
		t.Helper()
		d := delivery{message: m}
		p := d.packet(now.Add(after))
		if p.Expiry != left || !p.HasExpiry || m.expired(now.Add(after)) != expired {
			t.Errorf("after %v: %d s left, expired: %v", after, p.Expiry, m.expired(now.Add(after)))
		}
	}
	f(0, 90, false)
	f(30*time.Second, 60, false)
	f(90*time.Second, 0, true)
	f(time.Hour, 0, true)
}
