// Package sparkplug decodes Sparkplug B: births, data and deaths of edge nodes
// and their devices on spBv1.0/{group}/{type}/{node}[/{device}].
//
// Specification: Eclipse Sparkplug 3.0.0; sparkplug_b.proto of Eclipse Tahu. A
// birth names its metrics, says their types and units, and gives them aliases, by
// which data speak, leaving the rest out; data of an unknown alias, and a gap in the sequence, ask the node for a rebirth, once until
// it comes. A repeated sequence number drops nothing: real nodes do repeat them.
//
// The device is {group}/{node} or {group}/{node}/{device}. Metrics go to fields
// by the table of aliases, by their whole name or its last part; the unit is the
// birth's property engUnit, and a value whose property Quality is not good is left
// out. Every metric has its own time, in ms.
package sparkplug

import (
	"strings"
	"time"

	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Decoder decodes Sparkplug B. It remembers what births said, bounded: see
// State for carrying that over a restart.
type Decoder struct {
	nodes    map[string]*node
	names    int // that births gave, of all nodes
	commands []ingest.Command
	state    []byte // of nodes, as it was when that was last asked for
	changed  bool   // nodes are not as in state

	payload payload // of the message at hand
	groups  map[groupKey]int
}

type groupKey struct {
	device  string
	at      uint64
	measure string
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of Sparkplug B.
func New() *Decoder {
	return &Decoder{nodes: map[string]*node{}, groups: map[groupKey]int{}}
}

// Commands returns what is to be sent to nodes because of the messages decoded
// since the last call: requests for a rebirth.
func (d *Decoder) Commands() []ingest.Command {
	out := d.commands
	d.commands = nil
	return out
}

// topic is where a message came from.
type topic struct{ group, kind, node, device string }

func parseTopic(text string) (topic, error) {
	parts := strings.Split(text, "/")
	if len(parts) < 4 || len(parts) > 5 || parts[0] != "spBv1.0" {
		return topic{}, ingest.Refuse(ingest.NoRoute, "a topic spBv1.0/{group}/{type}/{node}[/{device}] is expected")
	}
	t := topic{group: parts[1], kind: parts[2], node: parts[3]}
	if len(parts) == 5 {
		t.device = parts[4]
	}
	if (t.device != "") != strings.HasPrefix(t.kind, "D") {
		return topic{}, ingest.Refuse(ingest.NoRoute, "messages of devices, and only these, have a device in the topic")
	}
	return t, nil
}

func (t topic) nodeKey() string { return t.group + "/" + t.node }

func (t topic) identity() string {
	if t.device == "" {
		return t.nodeKey()
	}
	return t.nodeKey() + "/" + t.device
}

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	if strings.HasPrefix(m.Topic, "spBv1.0/STATE/") {
		return ingest.Refuse(ingest.UnknownField, "the state of a host application carries no reading")
	}
	t, err := parseTopic(m.Topic)
	if err != nil {
		return err
	}
	if err := d.payload.parse(m.Payload); err != nil {
		return err
	}
	clear(d.groups)
	switch t.kind {
	case "NBIRTH", "DBIRTH":
		d.birth(t)
		d.metrics(m, t, out)
		d.online(t, 1, out)
	case "NDATA", "DDATA":
		d.sequence(m, t)
		d.metrics(m, t, out)
	case "NDEATH", "DDEATH":
		gone, ok := d.death(t)
		if !ok {
			return ingest.Refuse(ingest.Empty, "the death of a session that another one followed")
		}
		d.online(t, 0, out)
		for _, t.device = range gone { // a node's death is that of its devices
			d.online(t, 0, out)
		}
	default:
		return ingest.Refuse(ingest.UnknownField, "commands carry no reading (BIRTH, DATA and DEATH do)")
	}
	return wire.Outcome(out)
}

// online adds the presence that a birth or a death says.
func (d *Decoder) online(t topic, state float64, out *ingest.Readings) {
	d.reading(t, wire.DeviceMeasurement, d.payload.time, out).Number("online", state, 0)
}

// metrics adds the metrics that have a field.
func (d *Decoder) metrics(m *ingest.Message, t topic, out *ingest.Readings) {
	n := d.nodes[t.nodeKey()]
	for i := range d.payload.metrics {
		x := &d.payload.metrics[i]
		known, ok := n.lookup(t.device, x)
		if !ok {
			wire.Unknown(out, "an alias that no birth named")
			d.rebirth(m, t)
			continue
		}
		if x.integer && x.datatype == 0 {
			x.num = signed(x.bits, known.Type)
		}
		if !isControl(known.Name) && x.kind != none {
			d.metric(t, known, x, out)
		}
	}
}

// isControl tells metrics of the protocol from those of the world.
func isControl(name string) bool {
	return name == "bdSeq" || strings.HasPrefix(name, "Node Control/") ||
		strings.HasPrefix(name, "Device Control/") || strings.HasPrefix(name, "Properties/")
}

func (d *Decoder) metric(t topic, known named, x *metric, out *ingest.Readings) {
	target, ok := alias.Lookup(known.Name)
	if !ok {
		target, ok = alias.Lookup(known.Name[strings.LastIndexByte(known.Name, '/')+1:])
	}
	if !ok || target.NeedsUnit && known.Unit == "" {
		wire.Unknown(out, known.Name)
		return
	}
	if known.Unit != "" {
		if target.Unit, ok = quantity.Parse(known.Unit); !ok {
			wire.RefuseUnit(out, known.Name, known.Unit)
			return
		}
	}
	value, ok := x.value(target.Field)
	if !ok {
		wire.Refuse(out, ingest.WrongType, known.Name, "the value is not of the field's type")
		return
	}
	if x.doubtful {
		wire.Absent(out, value.Field, value.Num)
		return
	}
	value.Unit = target.Unit
	at := x.time
	if at == 0 {
		at = d.payload.time
	}
	measure := ""
	if target.OfDevice {
		measure = wire.DeviceMeasurement
	}
	r := d.reading(t, measure, at, out)
	if x.historical {
		r.Quality |= ingest.Late
	}
	for i := range r.Values {
		if r.Values[i].Field == value.Field {
			wire.Unknown(out, known.Name)
			return
		}
	}
	r.Values = append(r.Values, value)
}

// reading returns the reading of one measurement and time, a new one if it is
// the first.
func (d *Decoder) reading(t topic, measure string, at uint64, out *ingest.Readings) *ingest.Reading {
	key := groupKey{t.device, at, measure}
	if i, ok := d.groups[key]; ok {
		return &out.All()[i]
	}
	d.groups[key] = len(out.All())
	r := out.Next()
	r.Device, r.Measurement = t.identity(), measure
	if at != 0 && at < 1<<62 {
		r.Time, r.Resolution = time.UnixMilli(int64(at)).UTC(), time.Millisecond
	}
	r.Seq, r.HasSeq = d.payload.seq, d.payload.hasSeq
	return r
}
