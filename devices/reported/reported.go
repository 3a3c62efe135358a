// Package reported remembers where devices say that they are. That decides
// nothing: a fixed device stands where the registry has it until an operator
// takes over what the device says.
package reported

import (
	"maps"
	"sync"
	"time"

	"rione/geo"
)

// Position is where a device said that it is.
type Position struct {
	Point geo.Point `json:"point"`
	Time  time.Time `json:"time"` // receive time of the message that said it, UTC
}

// MoveMetres is how far a report must be from the one that is kept to be kept
// itself: receivers that stand still wander about as much.
const MoveMetres = 50

// Positions are the last ones of the devices. Memory grows with the devices that
// are noted, some 200 bytes each, so note those of the registry only. They are
// safe for any number of callers.
type Positions struct {
	mu    sync.RWMutex
	last  map[string]Position // by device id
	kept  map[string]Position // the report that each device's place is known by
	moved map[string]Position // those kept that nobody took yet
}

// New returns Positions of no device.
func New() *Positions {
	return &Positions{last: map[string]Position{}, kept: map[string]Position{}, moved: map[string]Position{}}
}

// Note remembers where a device said that it is, unless it said something later.
func (p *Positions) Note(device string, at geo.Point, received time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.last[device]; ok && received.Before(known.Time) {
		return
	}
	said := Position{Point: at, Time: received.UTC()}
	p.last[device] = said
	if before, ok := p.kept[device]; !ok || geo.Haversine(before.Point, at) >= MoveMetres {
		p.kept[device], p.moved[device] = said, said
	}
}

// Restore takes over what was kept before a restart.
func (p *Positions) Restore(kept map[string]Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.Copy(p.kept, kept)
	maps.Copy(p.last, kept)
}

// Of returns where a device said last that it is, false when it said nothing.
func (p *Positions) Of(device string) (Position, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	at, ok := p.last[device]
	return at, ok
}

// Kept returns where each device said that it is when it last told of another
// place than before.
func (p *Positions) Kept() map[string]Position {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return maps.Clone(p.kept)
}

// Moved returns what came to be kept since the last call.
func (p *Positions) Moved() map[string]Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	moved := p.moved
	p.moved = map[string]Position{}
	return moved
}
