package broker

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"rione/ingest/broker/packet"
)

// scriptConn gives its reader the pieces of a script, one a read, and notes the
// deadlines that are set.
type scriptConn struct {
	net.Conn
	pieces    [][]byte
	deadlines []time.Time
}

func (c *scriptConn) Read(b []byte) (int, error) {
	if len(c.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.pieces[0])
	if c.pieces[0] = c.pieces[0][n:]; len(c.pieces[0]) == 0 {
		c.pieces = c.pieces[1:]
	}
	return n, nil
}

func (c *scriptConn) SetReadDeadline(t time.Time) error {
	c.deadlines = append(c.deadlines, t)
	return nil
}

// TestReaderCutsAnyPiecesIntoPackets sends packets of many sizes in pieces of
// many sizes.
func TestReaderCutsAnyPiecesIntoPackets(t *testing.T) {
	sizes := []int{0, 1, 100, 127, 128, 500, 507, 512, 1000, 4091, 4096, 5000, 20_000, 70_000, 3, 0, 9000}
	var stream []byte
	for i, size := range sizes {
		d := packet.Delivery{Topic: "t", Payload: bytes.Repeat([]byte{byte(i)}, size)}
		stream = packet.AppendPublish(stream, packet.V4, &d)
	}
	for _, piece := range []int{1, 2, 7, 511, 512, 513, 4095, 4096, 5000, len(stream)} {
		var lend buffers
		conn := &scriptConn{}
		for at := 0; at < len(stream); at += piece {
			conn.pieces = append(conn.pieces, stream[at:min(at+piece, len(stream))])
		}
		r := reader{src: conn, lend: &lend, limit: 100_000}
		for i, size := range sizes {
			h, body, err := r.next()
			if err != nil || h.Type != packet.TypePublish || len(body) != size+3 {
				t.Fatalf("pieces of %d: packet %d has %d bytes of body: %v", piece, i, len(body), err)
			}
			if want := bytes.Repeat([]byte{byte(i)}, size); !bytes.Equal(body[3:], want) {
				t.Fatalf("pieces of %d: packet %d is not what was sent", piece, i)
			}
		}
		if _, _, err := r.next(); !errors.Is(err, io.EOF) {
			t.Errorf("pieces of %d: at the end %v", piece, err)
		}
		if r.lent != nil || len(r.own) > busyBuffer {
			t.Errorf("pieces of %d: an idle connection keeps %d bytes, and more lent: %v", piece, len(r.own), r.lent != nil)
		}
	}
}

func TestReaderOfAnIdleClientStaysSmall(t *testing.T) {
	var lend buffers
	conn := &scriptConn{}
	for range 100 {
		conn.pieces = append(conn.pieces, []byte{0xc0, 0})
	}
	r := reader{src: conn, lend: &lend, limit: 100}
	for range 100 {
		if _, _, err := r.next(); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.own) != idleBuffer {
		t.Errorf("the buffer has %d bytes", len(r.own))
	}
}

func TestReaderRefusesByTheHeaderAlone(t *testing.T) {
	r := reader{src: &scriptConn{pieces: [][]byte{{0x30, 0xff, 0x7f}}}, lend: &buffers{}, limit: 1000}
	if _, _, err := r.next(); !errors.Is(err, errPacketTooLarge) {
		t.Errorf("got %v", err)
	}
}

// TestReaderMovesDeadlinesSeldom reads many packets at once after another: the
// deadline of a keep-alive of minutes is set once.
func TestReaderMovesDeadlinesSeldom(t *testing.T) {
	conn := &scriptConn{}
	for range 50 {
		conn.pieces = append(conn.pieces, []byte{0xc0, 0})
	}
	r := reader{src: conn, lend: &buffers{}, limit: 100, idle: time.Minute, packetTime: time.Second}
	for range 50 {
		if _, _, err := r.next(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(conn.deadlines); n != 1 {
		t.Errorf("%d deadlines were set", n)
	}
}

func TestBuffersAreLentByPowersOfTwo(t *testing.T) {
	var lend buffers
	f := func(n, want int) {
		t.Helper()
		b := lend.get(n)
		if len(*b) != want {
			t.Errorf("asked for %d, got %d", n, len(*b))
		}
		*b = (*b)[:1]
		lend.put(b)
		if b := lend.get(n); len(*b) != want {
			t.Errorf("asked for %d again, got %d", n, len(*b))
		}
	}
	f(1, 1)
	f(2, 2)
	f(3, 4)
	f(4096, 4096)
	f(4097, 8192)
	odd := make([]byte, 100)
	lend.put(&odd) // not of a class: left alone
	f(100, 128)
}
