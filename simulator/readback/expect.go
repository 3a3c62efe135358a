package readback

import (
	"iter"
	"slices"
	"strings"

	"rione/geo"
	"rione/simulator/signal"
)

// Device is whose readings are read back, and where they must be.
type Device struct {
	ID     string
	Comune string
	Zone   string // "" = none
	At     geo.Point
	// Messages yields what the device said, in order of time, from the
	// beginning each time. What it yields is valid until the next.
	Messages iter.Seq[Message]
	// Said tells whether the device said something at that time, in ms.
	Said func(ms int64) bool
}

// Message is what a device said at one time.
type Message struct {
	MS       int64 // device time, Unix ms
	Acked    bool
	Readings []signal.Reading
}

// window is a part of a device's messages, small enough to hold.
type window struct {
	messages []message
	readings map[key]*reading
	names    []string // measurements
}

type message struct {
	ms    int64
	acked bool
	parts []*reading
}

// reading is one expected row and what was found of it.
type reading struct {
	key    key
	tags   []signal.Tag
	values []signal.Value
	found  int
	wrong  bool
}

// key names a reading of a device.
type key struct {
	measurement string
	ms          int64
	tags        string
}

// windowSize is the number of messages of a window.
const windowSize = 2000

func newWindow() *window { return &window{readings: map[key]*reading{}} }

func (w *window) add(m *Message) {
	out := message{ms: m.MS, acked: m.Acked}
	for i := range m.Readings {
		r := &m.Readings[i]
		e := &reading{key: key{r.Measurement, m.MS, tagKey(r.Tags)}, tags: r.Tags, values: slices.Clone(r.Values)}
		w.readings[e.key] = e
		out.parts = append(out.parts, e)
		if !slices.Contains(w.names, r.Measurement) {
			w.names = append(w.names, r.Measurement)
		}
	}
	w.messages = append(w.messages, out)
}

// cloneReadings copies what a scratch is about to overwrite.
func cloneReadings(rs []signal.Reading) []signal.Reading {
	out := slices.Clone(rs)
	for i := range out {
		out[i].Values = slices.Clone(out[i].Values)
	}
	return out
}

// span returns the first and the last time of the window, ms.
func (w *window) span() (first, last int64) {
	return w.messages[0].ms, w.messages[len(w.messages)-1].ms
}

// tagKey writes extra tags in one way.
func tagKey(tags []signal.Tag) string {
	parts := make([]string, 0, len(tags))
	for _, t := range tags {
		parts = append(parts, t.Name+"="+t.Value)
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// rowKey is the key of a stored row: its extra tags are those that the
// registry does not give.
func rowKey(r *row) key {
	parts := make([]string, 0, len(r.tags))
	for name, value := range r.tags {
		switch name {
		case "comune", "device_id", "s2_cell_id", "zone":
		default:
			parts = append(parts, name+"="+value)
		}
	}
	slices.Sort(parts)
	return key{r.measurement, r.ms, strings.Join(parts, ",")}
}
