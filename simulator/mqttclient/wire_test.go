package mqttclient_test

import (
	"bytes"
	"fmt"
	"testing"

	"rione/simulator/link"
)

// A broker that does not read for a while fills the connection; what it does
// not take goes out in pieces afterwards, whole and in order.
func TestAFullConnectionGoesOnWhereItStopped(t *testing.T) {
	f := func(name string, slow bool, size, n int) {
		t.Run(name, func(t *testing.T) {
			b, a := newBroker(t), newAcks()
			l, p := b.open(link.Options{Acked: a.acked, Slow: slow}, well)
			body := func(k int) []byte { return append(fmt.Appendf(nil, "%d ", k), bytes.Repeat([]byte("x"), size)...) }
			for k := range n {
				if err := l.Publish("up", body(k), uint64(k)); err != nil {
					t.Fatal(err)
				}
			}
			for k := range n {
				m := p.publish()
				if !bytes.Equal(m.Payload, body(k)) {
					t.Fatalf("message %d is %.20q of %d bytes", k, m.Payload, len(m.Payload))
				}
				p.write(fmt.Sprintf("\x40\x02%c%c", m.PacketID>>8, m.PacketID&0x7f))
			}
			a.wait(t, n)
		})
	}
	f("plain", false, 256<<10, 60) // more than any socket holds
	f("slow", true, 100, 3)
}

// A packet may come in any number of pieces.
func TestPacketsInPieces(t *testing.T) {
	f := func(name string, slow bool) {
		t.Run(name, func(t *testing.T) {
			b, a := newBroker(t), newAcks()
			l, p := b.open(link.Options{Acked: a.acked, Slow: slow}, well)
			publish(t, l, 0, 3)
			for range 3 {
				p.publish()
			}
			for _, piece := range []string{"\x40", "\x02\x00", "\x01\x40\x02", "\x00\x02\x40\x02\x00", "\x03"} {
				p.write(piece)
			}
			a.wait(t, 3)
		})
	}
	f("plain", false)
	f("slow", true)
}
