package broker

import (
	"net"
	"time"

	"rione/ingest/broker/packet"
)

// Sizes of the buffer that a connection reads through. Most clients are idle
// most of the time, so it begins small and grows when reads fill it; what a
// larger packet needs is lent and given back right after the packet.
const (
	idleBuffer = 512
	busyBuffer = 4 << 10
)

// reader cuts the bytes of a connection into packets.
type reader struct {
	src   net.Conn
	lend  *buffers
	limit int // largest packet, without its fixed header

	own      []byte  // the buffer that is kept
	lent     *[]byte // the larger one, while a packet needs it
	buf      []byte  // own or lent
	from, to int     // what is read and not yet consumed

	now time.Time // when the last bytes came

	held       bool          // the deadline that was set stays: there is no CONNECT yet
	idle       time.Duration // silence that ends the connection, 0 is none
	packetTime time.Duration // a packet must be complete within this time
	until      time.Time     // the deadline that is set
	inPacket   bool          // it was set for the rest of a packet
}

var errPacketTooLarge = &packet.Error{Code: packet.PacketTooLarge, Detail: "packet is larger than the limit"}

// next returns the next packet. Its body is valid until the following call.
func (r *reader) next() (h packet.Header, body []byte, err error) {
	for {
		h, n, err := packet.ParseHeader(r.buf[r.from:r.to])
		switch {
		case err != nil:
			return h, nil, err
		case n > 0 && h.Size > r.limit:
			return h, nil, errPacketTooLarge
		case n > 0 && r.to-r.from >= n+h.Size:
			body := r.buf[r.from+n : r.from+n+h.Size : r.from+n+h.Size]
			r.from += n + h.Size
			r.inPacket = false
			return h, body, nil
		}
		if err := r.fill(); err != nil {
			return h, nil, err
		}
	}
}

// fill reads once, and waits for that as long as the deadlines allow.
func (r *reader) fill() error {
	r.makeRoom()
	if err := r.arm(); err != nil {
		return err
	}
	n, err := r.src.Read(r.buf[r.to:])
	r.now = time.Now()
	r.to += n
	if n > 0 {
		return nil // an error comes again with the next read
	}
	return err
}

// makeRoom leaves free bytes at the end of the buffer. A buffer grows with the
// bytes that came, not with the length that a header claims.
func (r *reader) makeRoom() {
	full := r.to == len(r.buf)
	if r.from == r.to {
		r.from, r.to = 0, 0
		r.release()
	}
	switch {
	case full && r.own == nil:
		r.own = make([]byte, idleBuffer)
		r.buf = r.own
	case full && len(r.own) < busyBuffer:
		r.own = make([]byte, busyBuffer)
		r.move(r.own)
	case r.to < len(r.buf):
	case r.from > 0:
		r.move(r.buf)
	default:
		old := r.lent
		r.lent = r.lend.get(2 * len(r.buf))
		r.move(*r.lent)
		if old != nil {
			r.lend.put(old)
		}
	}
}

func (r *reader) move(to []byte) {
	n := copy(to, r.buf[r.from:r.to])
	r.buf, r.from, r.to = to, 0, n
}

// release gives the lent buffer back.
func (r *reader) release() {
	if r.lent != nil {
		r.lend.put(r.lent)
		r.lent, r.buf = nil, r.own
	}
}

// arm sets the deadline of the next read. Deadlines cost a timer each, so the
// one of a silent client is moved only when an eighth of it has passed; that
// eighth is added, so that nobody is closed early. Time that we spent not
// reading, because the intake was full, is not the client's: the deadline runs
// from now.
func (r *reader) arm() error {
	if r.held {
		return nil
	}
	now, until := time.Now(), time.Time{}
	switch {
	case r.from < r.to && r.inPacket:
		return nil
	case r.from < r.to:
		until = now.Add(max(r.idle, r.packetTime))
	case r.idle > 0:
		until = now.Add(r.idle + r.idle/8)
		if d := until.Sub(r.until); d >= 0 && d < r.idle/8 {
			return nil
		}
	case r.until.IsZero():
		return nil
	}
	r.inPacket, r.until = r.from < r.to, until
	return r.src.SetReadDeadline(until)
}
