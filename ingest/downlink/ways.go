package downlink

import (
	"strings"
	"sync"

	"rione/devices"
	"rione/ingest"
)

// nativeDoor is where devices connect that speak rione's own topics.
const nativeDoor = "mqtt"

// maxWays bounds the devices whose way is remembered.
const maxWays = 1_000_000

// way is how a device came last.
type way struct {
	door    string
	address string // beginning of its topics, which names it: the levels of its ecosystem
	network *ecosystem
}

// ways are those of all devices. A device that was not heard since the process
// began has none, unless it is a native one, whose topics are known.
type ways struct {
	mu   sync.RWMutex
	byID map[string]way
}

// learn notes the way of a device, and reports whether it is another than
// before. Messages that come out of quarantine say nothing of the way.
func (w *ways) learn(device string, m *ingest.Message) bool {
	w.mu.RLock()
	old, there := w.byID[device]
	full := !there && len(w.byID) >= maxWays
	w.mu.RUnlock()
	if full || there && old.door == m.Door && begins(m.Topic, old.address) || !takesCommands(m.Door) {
		return false
	}
	network := ecosystemOf(m.Topic)
	if network == nil {
		return false
	}
	levels := strings.Split(strings.Clone(m.Topic), "/")
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID == nil {
		w.byID = make(map[string]way)
	}
	w.byID[strings.Clone(device)] = way{strings.Clone(m.Door), strings.Join(levels[:network.levels], "/"), network}
	return true
}

// begins reports whether a topic lies below an address, or is it.
func begins(topic, address string) bool {
	rest, is := strings.CutPrefix(topic, address)
	return is && (rest == "" || rest[0] == '/')
}

// takesCommands tells whether something can leave by a door.
func takesCommands(door string) bool { return door == nativeDoor || door == "broker" }

// of returns the way to a device, false when it is not known yet.
func (w *ways) of(d *devices.Device) (way, bool) {
	w.mu.RLock()
	known, there := w.byID[d.ID]
	w.mu.RUnlock()
	native := d.Format == "" && d.ExternalID == "" || d.Format == "native" || d.Format == "senml" || d.Format == "senml-cbor"
	if there || !native {
		return known, there
	}
	address := strings.Join([]string{"sc/v1", d.Current().Comune, string(d.Kind), d.ID}, "/")
	return way{nativeDoor, address, ecosystemOf(address + "/up")}, true
}
