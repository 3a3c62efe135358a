package mqtt

import (
	"math/rand/v2"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// numbered is a message that knows its place.
type numbered struct {
	paho.Message
	n int
}

// Acks leave in the order of arrival, whatever the order in which the intake
// settles, and the refused ones are left out.
func TestWindowKeepsTheOrder(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		w := newWindow()
		var open, want []int
		var got []paho.Message
		for n := 0; n < 100 || len(open) > 0; {
			switch {
			case n < 100 && r.IntN(2) == 0:
				if token := w.add(numbered{n: n}); token != uint64(n) {
					t.Fatalf("token of message %d is %d", n, token)
				}
				open = append(open, n)
				n++
			case len(open) > 0:
				i := r.IntN(len(open))
				w.settle(uint64(open[i]), open[i]%7 != 0)
				open = append(open[:i], open[i+1:]...)
			}
			if r.IntN(3) == 0 {
				got = append(got, w.take()...)
			}
		}
		got = append(got, w.take()...)
		for n := range 100 {
			if n%7 != 0 {
				want = append(want, n)
			}
		}
		if len(got) != len(want) || !w.empty() {
			t.Fatalf("seed %d: %d acks, want %d", seed, len(got), len(want))
		}
		for i := range want {
			if got[i].(numbered).n != want[i] {
				t.Fatalf("seed %d: ack %d is of message %d, want %d", seed, i, got[i].(numbered).n, want[i])
			}
		}
	}
}
