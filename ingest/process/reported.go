package process

import (
	"time"

	"rione/geo"
	"rione/ingest"
)

// Reported hears where fixed devices say that they are, which places nothing. A
// reported.Positions is one. Note must not block.
type Reported interface {
	Note(device string, at geo.Point, received time.Time)
}

// report tells what the reading says of a fixed device's place. History that was
// brought in says nothing of now.
func (p *pipeline) report() {
	m := &p.msg
	if m.position == nil || p.opt.Reported == nil || m.device.Moving || m.Door == ingest.ImportDoor || !isFix(m.position) {
		return
	}
	p.opt.Reported.Note(m.device.ID, *m.position, m.Received)
}
