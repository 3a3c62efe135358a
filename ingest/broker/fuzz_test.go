package broker

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	v5 "github.com/eclipse/paho.golang/packets"
)

// FuzzConnection sends any bytes to a server, as a client that has connected or
// not, in pieces of any size. It must neither panic nor hang, answer only with
// packets, and serve the next client.
func FuzzConnection(f *testing.F) {
	intake := newIntake()
	s, err := New(Options{Intake: intake, Access: fakeAccess{}, Limits: Limits{ConnectRate: 1e9}, Logger: slog.New(panicHandler{slog.DiscardHandler})})
	if err != nil {
		f.Fatal(err)
	}
	add := func(piece byte, packets ...io.WriterTo) {
		var b bytes.Buffer
		for _, p := range packets {
			if _, err := p.WriteTo(&b); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(true, piece, b.Bytes())
	}
	none := &v5.Properties{}
	add(3, publish5("a", "x", 1, 1), publish5("a", "y", 2, 2), &v5.Pubrel{PacketID: 2, Properties: none})
	add(100, &v5.Subscribe{PacketID: 1, Properties: none, Subscriptions: []v5.SubOptions{{Topic: "#", QoS: 1}}}, publish5("a", "x", 0, 0))
	add(1, &v5.Unsubscribe{PacketID: 1, Properties: none, Topics: []string{"a"}}, &v5.Pingreq{}, &v5.Disconnect{Properties: none})
	f.Add(false, byte(0), []byte{0x10, 0x0d, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 10, 0, 1, 'a'})
	f.Add(true, byte(0), []byte{0x82, 5, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, connect bool, piece byte, b []byte) {
		ours, theirs := net.Pipe()
		c := s.enter(link{Conn: ours, hangUp: ours.Close})
		served := make(chan struct{})
		go func() { defer close(served); c.serve() }()
		go func() { // the answers must be packets
			for {
				if _, err := v5.ReadPacket(theirs); err != nil {
					io.Copy(io.Discard, theirs)
					return
				}
			}
		}()
		var stream []byte
		if connect {
			stream = []byte{0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 10, 0, 0, 1, 'f'}
		}
		for part := range slices.Chunk(append(stream, b...), int(piece)+1) {
			if _, err := theirs.Write(part); err != nil {
				break
			}
		}
		theirs.Close()
		select {
		case <-served:
		case <-time.After(waitLong):
			t.Fatal("the connection hangs")
		}
		if n := len(s.sessions.connected()); n != 0 {
			t.Fatalf("%d sessions still have a connection", n)
		}
	})
}
