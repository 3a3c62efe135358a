package mqtt

import (
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// window holds the messages that were handed to the intake until they are
// acknowledged: in the order in which they came, as MQTT wants it (3.1.1,
// section 4.6), although partitions of the journal finish in any order.
type window struct {
	ready chan struct{} // acks may be waiting

	mu    sync.Mutex
	first uint64 // token of slots[0]
	slots []slot
}

type slot struct {
	message paho.Message
	settled bool
	ack     bool
}

func newWindow() window { return window{ready: make(chan struct{}, 1)} }

// add takes a message in and returns its token.
func (w *window) add(m paho.Message) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slots = append(w.slots, slot{message: m})
	return w.first + uint64(len(w.slots)) - 1
}

// settle notes whether the message is to be acknowledged.
func (w *window) settle(token uint64, ack bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.slots[token-w.first]
	s.settled, s.ack = true, ack
}

// wake tells the taker to look.
func (w *window) wake() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// take removes the settled messages at the front and returns those to be
// acknowledged.
func (w *window) take() []paho.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []paho.Message
	n := 0
	for ; n < len(w.slots) && w.slots[n].settled; n++ {
		if w.slots[n].ack {
			out = append(out, w.slots[n].message)
		}
	}
	clear(w.slots[:n])
	w.slots, w.first = w.slots[n:], w.first+uint64(n)
	return out
}

func (w *window) empty() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.slots) == 0
}
