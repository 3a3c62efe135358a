package broker

import (
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/broker/packet"
)

// loopConn gives its reader the same bytes again and again, and swallows what
// is written.
type loopConn struct {
	net.Conn
	bytes  []byte
	at     int
	writes atomic.Int64
	done   chan struct{}
}

func (c *loopConn) Read(b []byte) (int, error) {
	select {
	case <-c.done:
		return 0, io.EOF
	default:
	}
	n := copy(b, c.bytes[c.at:])
	c.at = (c.at + n) % len(c.bytes)
	return n, nil
}

func (c *loopConn) Write(b []byte) (int, error)      { c.writes.Add(1); return len(b), nil }
func (c *loopConn) SetDeadline(time.Time) error      { return nil }
func (c *loopConn) SetReadDeadline(time.Time) error  { return nil }
func (c *loopConn) SetWriteDeadline(time.Time) error { return nil }
func (c *loopConn) Close() error                     { return nil }

// countingIntake acks by records of recordLen messages from the submitter
// itself, and ends the connection after the last message.
type countingIntake struct {
	record int
	left   int
	tokens []uint64
	done   chan struct{}
}

func (i *countingIntake) Submit(_ *ingest.Message, a ingest.Acker, token uint64) error {
	if i.left == 0 {
		return ingest.ErrClosed
	}
	i.left--
	i.tokens = append(i.tokens, token)
	if len(i.tokens) < i.record && i.left > 0 {
		return nil
	}
	for _, t := range i.tokens {
		a.Ack(t, nil)
	}
	a.Flush()
	i.tokens = i.tokens[:0]
	if i.left == 0 {
		close(i.done)
	}
	return nil
}

// BenchmarkPublish is the way of a message through the door alone: from the
// bytes of a PUBLISH to Submit, and from Ack to the bytes of the PUBACK.
func BenchmarkPublish(b *testing.B) {
	done := make(chan struct{})
	intake := &countingIntake{record: 20, left: b.N, done: done}
	s, err := New(Options{Intake: intake, Access: fakeAccess{}, Limits: Limits{ReceiveMaximum: 65_535}})
	if err != nil {
		b.Fatal(err)
	}
	d := packet.Delivery{Topic: "sc/v1/058091/air/air-0001/up", Payload: make([]byte, 120), QoS: 1, ID: 7}
	var wire []byte
	for range 100 {
		wire = packet.AppendPublish(wire, packet.V4, &d)
	}
	socket := &loopConn{bytes: wire, done: done}
	c := newConn(s, link{Conn: socket, hangUp: socket.Close})
	c.version, c.grant, c.identity = packet.V4, grant{"dev"}, "dev"
	if _, err := s.sessions.attach(c, "dev", true, 0); err != nil {
		b.Fatal(err)
	}
	c.in.limit = s.limits.PacketBytes
	b.ReportAllocs()
	b.SetBytes(int64(len(wire) / 100))
	b.ResetTimer()
	for err == nil {
		var h packet.Header
		var body []byte
		if h, body, err = c.in.next(); err == nil {
			err = c.handle(h, body)
		}
	}
	b.StopTimer()
	if !errors.Is(err, io.EOF) && intake.left > 0 {
		b.Fatal(err)
	}
	b.ReportMetric(float64(socket.writes.Load())/float64(b.N), "writes/op")
}

// BenchmarkIdleClient reports the memory of one connected client that says
// nothing, on the server's side.
func BenchmarkIdleClient(b *testing.B) {
	s := start(b, newIntake(), nil)
	before := memory()
	for b.Loop() {
		connect4(b, s, "", nil)
	}
	b.ReportMetric((memory()-before)/float64(b.N), "B/client")
}

// memory is what the process uses of heap and stacks.
func memory() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}

// BenchmarkClients is the door over real sockets: clients that publish twenty
// at a time and wait for the acks, and an intake that commits every 2 ms. The
// processor time is that of the clients too.
func BenchmarkClients(b *testing.B) {
	const clients, window = 50, 20
	intake := &tickingIntake{}
	s := start(b, intake, nil)
	stop := make(chan struct{})
	var committer sync.WaitGroup
	committer.Go(func() { intake.run(stop) })
	d := packet.Delivery{Topic: "sc/v1/058091/air/air-0001/up", Payload: make([]byte, 120), QoS: 1, ID: 7}
	var wire []byte
	for range window {
		wire = packet.AppendPublish(wire, packet.V4, &d)
	}
	peers := make([]*peer, clients)
	for i := range peers {
		peers[i] = connect4(b, s, "", nil)
		if err := peers[i].SetDeadline(time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var all sync.WaitGroup
	for _, p := range peers {
		all.Go(func() {
			acks := make([]byte, 4*window)
			for left.Add(-window) > -window {
				if _, err := p.Write(wire); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(p, acks); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	close(stop)
	committer.Wait()
}

// tickingIntake acks what came, every 2 ms.
type tickingIntake struct {
	mu   sync.Mutex
	held []ack
}

type ack struct {
	to    ingest.Acker
	token uint64
}

func (i *tickingIntake) Submit(_ *ingest.Message, a ingest.Acker, token uint64) error {
	i.mu.Lock()
	i.held = append(i.held, ack{a, token})
	i.mu.Unlock()
	return nil
}

func (i *tickingIntake) run(stop chan struct{}) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	var record []ack
	seen := map[ingest.Acker]struct{}{}
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		i.mu.Lock()
		record, i.held = i.held, record[:0]
		i.mu.Unlock()
		for _, a := range record {
			a.to.Ack(a.token, nil)
			seen[a.to] = struct{}{}
		}
		for a := range seen {
			a.Flush()
		}
		clear(seen)
	}
}
