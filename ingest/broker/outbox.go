package broker

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"rione/ingest/broker/packet"
)

const (
	writeBytes   = 32 << 10 // a write is closed once it has so many bytes
	controlBytes = 16 << 10 // answers to a client that does not read them
)

// outbox is what waits to be written to one connection: acks and other answers
// as bytes, and messages for the subscriber. A goroutine writes while there is
// something to write and ends when there is not, so an idle connection has
// none; the lock is never held while it writes.
type outbox struct {
	net     net.Conn
	hangUp  func() error // closes without a goodbye
	version packet.Version
	limits  *Limits
	lend    *buffers
	total   *atomic.Int64 // bytes waiting for all subscribers
	metrics *metrics
	logger  *slog.Logger
	run     func() // write as a value, so that starting it allocates nothing

	mu       sync.Mutex
	changed  sync.Cond // inFlight or control shrank, or the writer ended
	welcome  bool      // the CONNACK is in control; nothing for the subscriber goes before it
	writing  bool      // the goroutine is there
	ending   bool      // close once everything is written
	ended    bool      // nothing is written any more
	control  *[]byte   // nil while empty
	filled   int       // bytes of control that are used
	inFlight int       // publishes of the client whose ack was not taken for writing
	acks     int       // acks in control

	sendMax   int        // deliveries at QoS 1 in flight
	packetMax int        // largest packet that the client takes, 0 is any
	retained  fifo       // what a subscription found; bounded by SUBSCRIBE
	queue     fifo       // live messages; the oldest goes when it is full
	unacked   []delivery // sent at QoS 1, in the order of sending
	lastID    uint16
}

// open puts the CONNACK, and then what an earlier connection of the session left
// unacked; from now on the subscriber gets its messages.
func (o *outbox) open(v packet.Version, connack []byte, unacked []delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.version = v
	o.welcome = true
	o.grow(len(connack))
	o.put(append(o.tail(), connack...))
	for _, d := range unacked {
		d.dup = true
		o.lastID = max(o.lastID, d.id)
		o.retained.push(d)
	}
	o.start()
}

// admit counts a publish of the client as in flight. When too many are, it
// waits for an ack to leave or, with wait false, returns false at once.
func (o *outbox) admit(wait bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.inFlight >= o.limits.ReceiveMaximum && !o.ended {
		if !wait {
			return false
		}
		o.changed.Wait()
	}
	o.inFlight++
	return true
}

// forget takes back an admit whose publish gets no ack.
func (o *outbox) forget() {
	o.mu.Lock()
	o.inFlight--
	o.changed.Broadcast()
	o.mu.Unlock()
}

// ack adds the answer to a publish that was admitted. It does not start the
// writer: flush does, after the last ack of a record.
func (o *outbox) ack(t packet.Type, id uint16, code packet.Reason, say string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return
	}
	o.acks++
	o.grow(64 + len(say))
	o.put(packet.AppendAck(o.tail(), o.version, t, id, code, say))
}

// reply adds an answer of another kind and starts the writer. It waits while
// the client leaves earlier answers unread, so only its reader may call it.
func (o *outbox) reply(answer []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.filled > controlBytes && !o.ended {
		o.changed.Wait()
	}
	if o.ended {
		return
	}
	o.grow(len(answer))
	o.put(append(o.tail(), answer...))
	o.start()
}

// grow makes room for n bytes in control.
func (o *outbox) grow(n int) {
	if o.control == nil {
		o.control = o.lend.get(max(n, 256))
	}
	if len(*o.control)-o.filled < n {
		larger := o.lend.get(o.filled + n)
		copy(*larger, (*o.control)[:o.filled])
		o.lend.put(o.control)
		o.control = larger
	}
}

func (o *outbox) tail() []byte     { return (*o.control)[:o.filled] }
func (o *outbox) put(bytes []byte) { o.filled = len(bytes) }

// flush starts the writer if there is something to write.
func (o *outbox) flush() {
	o.mu.Lock()
	o.start()
	o.mu.Unlock()
}

func (o *outbox) start() {
	if !o.writing && !o.ended && (o.filled > 0 || o.ending || o.sendable()) {
		o.writing = true
		go o.run()
	}
}

// write is the writer.
func (o *outbox) write() {
	defer o.recovered()
	for {
		b, n, last := o.take()
		if last {
			o.close()
		}
		if b == nil {
			return
		}
		err := o.net.SetWriteDeadline(time.Now().Add(o.limits.WriteTimeout))
		if err == nil {
			_, err = o.net.Write((*b)[:n])
		}
		o.lend.put(b)
		o.metrics.sent.Add(float64(n))
		if err != nil {
			o.metrics.countWriteError(err)
			o.stop()
		}
	}
}

// take returns the next bytes to write, nil when there are none; last says that
// there will be no more.
func (o *outbox) take() (b *[]byte, n int, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.send()
	if o.ended || o.filled == 0 {
		last = o.ended || o.ending
		o.writing = last // until close is done
		o.changed.Broadcast()
		return nil, 0, last
	}
	b, n = o.control, o.filled
	o.inFlight -= o.acks
	o.control, o.filled, o.acks = nil, 0, 0
	o.changed.Broadcast()
	return b, n, false
}

// close is the writer's end. The connection is closed outside the lock, because
// one of TLS or WebSocket says goodbye and may wait for that.
func (o *outbox) close() {
	o.mu.Lock()
	first := !o.ended
	o.end()
	o.mu.Unlock()
	if first {
		o.hung(o.net.Close())
	}
	o.gone()
}

func (o *outbox) gone() {
	o.mu.Lock()
	o.writing = false
	o.changed.Broadcast()
	o.mu.Unlock()
}

func (o *outbox) recovered() {
	if p := recover(); p != nil {
		o.logger.Error("writer of a connection panicked", "panic", p)
		o.stop()
		o.gone()
	}
}

// finish ends the connection once what waits in control is written, with a
// DISCONNECT if the client's version has one and there is a reason.
func (o *outbox) finish(code packet.Reason, say string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ending || o.ended {
		return
	}
	if o.version == packet.V5 && code != packet.Success { // 0 before the CONNACK
		o.grow(64 + len(say))
		o.put(packet.AppendDisconnect(o.tail(), code, say))
	}
	o.ending = true
	o.start()
}

// stop ends the connection at once.
func (o *outbox) stop() {
	o.mu.Lock()
	first := !o.ended
	o.end()
	o.mu.Unlock()
	if first {
		o.hung(o.hangUp())
	}
}

func (o *outbox) hung(err error) {
	if err != nil {
		o.logger.Debug("connection did not close cleanly", "error", err)
	}
}

// end drops what waits; nothing is written any more.
func (o *outbox) end() {
	if !o.ended {
		o.ended = true
		o.total.Add(-int64(o.queue.bytes))
		o.queue = fifo{}
		o.changed.Broadcast()
	}
}

// drain waits until the client's publishes are acked on the wire, or the
// connection has ended.
func (o *outbox) drain() {
	o.mu.Lock()
	for (o.inFlight > 0 || o.writing) && !o.ended {
		o.changed.Wait()
	}
	o.mu.Unlock()
}

// leave ends the connection after what waits is written, waits for the writer,
// and returns the deliveries that the client did not ack.
func (o *outbox) leave() []delivery {
	o.finish(packet.Success, "")
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing || !o.ended {
		o.changed.Wait()
	}
	unacked := o.unacked
	for o.retained.len() > 0 {
		if d := o.retained.pop(); d.id != 0 {
			unacked = append(unacked, d) // its turn to be sent again did not come
		}
	}
	return unacked
}
