package process

import (
	"rione/devices"
	"rione/ingest"
	"rione/ingest/quarantine"
)

// Listener hears of every message that was processed, and of the device that it
// is of, nil when none is known: by which way a device comes, what it answers.
// Heard must not block and must copy what it keeps of m.
type Listener interface {
	Heard(d *devices.Device, m *ingest.Message)
}

// tell tells the listeners of the message under way. One that comes out of
// quarantine or was brought in is old, and its door is not its device's.
func (p *pipeline) tell() {
	if p.msg.Door == quarantine.ReplayDoor || p.msg.Door == ingest.ImportDoor {
		return
	}
	for _, l := range p.opt.Listeners {
		l.Heard(p.msg.device, p.msg.Message)
	}
}
