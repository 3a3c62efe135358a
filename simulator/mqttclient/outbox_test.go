package mqttclient

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

func TestPacketIDsGoRound(t *testing.T) {
	f := func(id uint16, n int, want uint16) {
		t.Helper()
		if got := minus(id, n); got != want {
			t.Errorf("%d ids before %d is %d, want %d", n, id, got, want)
		}
	}
	f(1, 0, 1)
	f(1, 1, 65_535)
	f(5, 4, 1)
	f(5, 5, 65_535)
	f(65_535, 1, 65_534)
}

// put adds a message whose payload is its token.
func put(t testing.TB, b *outbox, token uint64) {
	t.Helper()
	start := len(b.bytes)
	var err error
	if b.bytes, err = appendPublish(b.bytes, V311, "t", fmt.Sprint(token), b.nextID, false); err != nil {
		t.Fatal(err)
	}
	b.add(start, token, waiting)
}

// tokens reads sent bytes back, with the packet ids and DUP flags.
func tokens(t testing.TB, data []byte) (out []string, ids []uint16, dups int) {
	t.Helper()
	for len(data) > 0 {
		p, n, err := split(data)
		if err != nil || n == 0 {
			t.Fatalf("sent what is no packet: % x", data)
		}
		if p.head&flagDup != 0 {
			dups++
		}
		ids = append(ids, uint16(p.body[3])<<8|uint16(p.body[4]))
		out = append(out, string(p.body[5:]))
		data = data[n:]
	}
	return out, ids, dups
}

func TestAnOutboxSendsAgainWhatIsNotAcked(t *testing.T) {
	b := outbox{nextID: 65_534} // so that ids go round
	for token := range uint64(6) {
		put(t, &b, token)
	}
	sent, ids, _ := tokens(t, b.take(4))
	if fmt.Sprint(sent, ids) != "[0 1 2 3] [65534 65535 1 2]" {
		t.Fatal(sent, ids)
	}
	if len(b.take(4)) != 0 {
		t.Error("sent more than the broker takes")
	}
	if token, told := b.ack(65_535); token != 1 || !told { // out of order
		t.Error(token, told)
	}
	if _, told := b.ack(65_535); told {
		t.Error("told twice of one PUBACK")
	}
	if _, told := b.ack(3); told {
		t.Error("told of a PUBACK for what was not sent")
	}
	if token, told := b.ack(65_534); token != 0 || !told || b.unacked() != 4 {
		t.Error(token, told, b.unacked())
	}
	b.compact()
	b.again(true)
	sent, ids, dups := tokens(t, b.take(100))
	if fmt.Sprint(sent, ids, dups) != "[2 3 4 5] [1 2 3 4] 2" {
		t.Error(sent, ids, dups)
	}
	b.again(false)
	if _, _, dups = tokens(t, b.take(100)); dups != 0 {
		t.Errorf("%d duplicates said to a broker that lost the session", dups)
	}
}

func TestAnEmptyOutboxKeepsLittle(t *testing.T) {
	b := outbox{nextID: 1}
	for token := range uint64(1000) {
		put(t, &b, token)
	}
	b.take(1000)
	for id := range uint16(1000) {
		b.ack(id + 1)
	}
	if b.compact(); cap(b.bytes) > keepBytes || b.unacked() != 0 {
		t.Errorf("keeps %d bytes for %d messages", cap(b.bytes), b.unacked())
	}
}

// FuzzOutbox plays random operations against a slice of the tokens in flight.
func FuzzOutbox(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 2, 3, 0, 4, 1, 2})
	f.Add(bytes.Repeat([]byte{0, 1, 2, 3}, 40))
	f.Fuzz(func(t *testing.T, play []byte) {
		type message struct {
			token uint64
			id    uint16
		}
		b, next := outbox{nextID: 65_530}, uint64(0)
		var unsent []uint64
		var flight []message
		for _, op := range play {
			switch op % 5 {
			case 0:
				put(t, &b, next)
				unsent = append(unsent, next)
				next++
			case 1:
				sent, ids, _ := tokens(t, b.take(len(flight)+int(op/5)))
				for i, s := range sent {
					if s != fmt.Sprint(unsent[i]) {
						t.Fatalf("sent %v, want %v", sent, unsent)
					}
					flight = append(flight, message{unsent[i], ids[i]})
				}
				unsent = unsent[len(sent):]
			case 2:
				if len(flight) > 0 {
					i := int(op/5) % len(flight)
					if token, told := b.ack(flight[i].id); !told || token != flight[i].token {
						t.Fatalf("ack of %v: %d, %v", flight[i], token, told)
					}
					flight = slices.Delete(flight, i, i+1)
				}
			case 3:
				b.compact()
			}
		}
	})
}
