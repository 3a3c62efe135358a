// Package reported remembers where devices say that they are. That decides
// nothing: a fixed device stands where the registry has it until an operator
// takes over what the device says.
package reported

import (
	"sync"
	"time"

	"rione/geo"
)

// Position is where a device said that it is.
type Position struct {
	Point geo.Point
	Time  time.Time // receive time of the message that said it, UTC
}

// Positions are the last ones of the devices. They live as long as the process:
// devices say theirs again in the birth certificate of each connection. Memory
// grows with the devices that are noted, some 100 bytes each, so note those of
// the registry only. They are safe for any number of callers.
type Positions struct {
	mu   sync.RWMutex
	last map[string]Position // by device id
}

// New returns Positions of no device.
func New() *Positions { return &Positions{last: make(map[string]Position)} }

// Note remembers where a device said that it is, unless it said something later.
func (p *Positions) Note(device string, at geo.Point, received time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.last[device]; !ok || !received.Before(known.Time) {
		p.last[device] = Position{Point: at, Time: received.UTC()}
	}
}

// Of returns where a device said last that it is, false when it said nothing.
func (p *Positions) Of(device string) (Position, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	at, ok := p.last[device]
	return at, ok
}
