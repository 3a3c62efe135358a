package api

import (
	"encoding/json"
	"fmt"
	"sync"

	"rione/devices/event"
)

// announced is a change of an event, encoded once for all clients.
type announced struct {
	event event.Event
	body  []byte
}

// announcements are the last changes of events, for clients of the live feed.
// Who fell behind them all reads /v1/events.
type announcements struct {
	mu   sync.Mutex
	ring []announced
	next uint64        // number of the one after the newest
	wake chan struct{} // closed at every change
}

// announcementsKept bounds the ring.
const announcementsKept = 256

func newAnnouncements() *announcements { return &announcements{wake: make(chan struct{})} }

// Announce tells a change of an event to the clients of the live feed. It does
// not block.
func (s *Server) Announce(e event.Event) {
	if len(e.Devices) > listedDevices {
		e.Devices = e.Devices[:listedDevices]
	}
	body, err := json.Marshal(e)
	if err != nil { // cannot be: plain strings and times
		s.log.Error("an event cannot be told", "event", e.ID, "error", err)
		return
	}
	a := s.told
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.ring) == announcementsKept {
		a.ring = append(a.ring[:0:0], a.ring[1:]...)
	}
	a.ring = append(a.ring, announced{e, body})
	a.next++
	close(a.wake)
	a.wake = make(chan struct{})
}

// after returns the changes from a number on, the number that follows, and a
// channel that is closed when there is more.
func (a *announcements) after(from uint64) (list []announced, next uint64, wake <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := a.next - uint64(len(a.ring))
	return a.ring[max(from, first)-first:], a.next, a.wake
}

// keeps tells whether all changes from a number on can still be told.
func (a *announcements) keeps(from uint64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return from >= a.next-uint64(len(a.ring))
}

// wantsEvent tells whether the filter chooses an event: one of its comuni, or,
// where it asks for more than comuni, about a device that it wants.
func (c *chooser) wantsEvent(e *event.Event, device func(id string) bool) bool {
	if !c.scope.covers(e.Comune) || len(c.comuni) > 0 && !c.comuni[e.Comune] {
		return false
	}
	return len(c.kinds) == 0 && c.zone == "" && c.box == nil && c.text == "" || e.Device != "" && device(e.Device)
}

// announce sends the changes of events that the client did not hear of; next is
// the number of the one after them.
func (c *liveClient) announce(list []announced, next uint64) error {
	defer func() { c.heard = next }()
	for i := range list {
		c.heard = next - uint64(len(list)-1-i)
		if !c.choose.wantsEvent(&list[i].event, c.wantsDevice) {
			continue
		}
		c.buf = fmt.Appendf(c.buf[:0], "event: event\nid: %s\ndata: %s\n\n", c.id(), list[i].body)
		if err := c.send(c.buf); err != nil {
			return err
		}
	}
	return nil
}

func (c *liveClient) wantsDevice(id string) bool {
	d := c.hub.registry.Snapshot().Device(id)
	return d != nil && c.choose.wants(d)
}
