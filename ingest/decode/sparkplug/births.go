package sparkplug

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"rione/ingest"
)

// Bounds of what is remembered. A node that is forgotten is asked for a rebirth
// when it next speaks by alias.
const (
	maxNodes   = 4096
	maxAliases = 4096    // of one node, devices included
	maxNames   = 500_000 // of all nodes
	maxName    = 128     // bytes of one
	maxDevices = 256     // of one node
)

// askAgain is how long a node has to send the births that it was asked for. It
// may not have been connected.
const askAgain = time.Minute

// node is what is known of an edge node. What its births said is kept over a
// restart; the rest only decides about requests.
type node struct {
	Aliases map[uint64]named `json:"aliases"`
	Names   map[string]named `json:"names,omitempty"`   // metrics without an alias, by device and name
	Devices map[string]bool  `json:"devices,omitempty"` // born and not dead
	Session uint64           `json:"session,omitempty"` // bdSeq of its birth
	Named   bool             `json:"named,omitempty"`   // Session is known

	seq   uint64
	born  bool      // seq is known
	asked time.Time // when a rebirth was requested that has not come
}

// named is a metric as its birth named it.
type named struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	Type uint64 `json:"type,omitempty"` // data need not repeat it
}

// lookup returns what the births said of a metric of a device, or of the node
// itself for device "": by its name where it has one, else by its alias. ok is
// false for an alias that no birth named; a nil node knows none.
func (n *node) lookup(device string, x *metric) (known named, ok bool) {
	known = named{Name: x.name, Unit: x.unit, Type: x.datatype}
	if n == nil {
		return known, x.name != ""
	}
	born, ok := n.Aliases[x.alias]
	if x.name != "" && (!ok || born.Name != x.name) {
		born = n.Names[nameKey(device, x.name)]
	}
	known.Name = cmp.Or(known.Name, born.Name)
	known.Unit, known.Type = cmp.Or(known.Unit, born.Unit), cmp.Or(known.Type, born.Type)
	return known, ok || x.name != ""
}

// nameKey is how a name stands among those of a node, whose devices have names
// of their own.
func nameKey(device, name string) string { return device + "/" + name }

// learn remembers a metric of a birth: by its alias, or by its name where it has
// none and the birth says more than that name. It is false where there is no
// room for it.
func (n *node) learn(device string, m *metric, room bool) bool {
	said := named{Name: m.name, Unit: m.unit, Type: m.datatype}
	room = room && len(n.Aliases)+len(n.Names) < maxAliases
	if m.hasAlias {
		_, old := n.Aliases[m.alias]
		if old || room {
			n.Aliases[m.alias] = said
		}
		return !old && room
	}
	if m.unit == "" && (m.datatype < typeInt8 || m.datatype > typeInt64) {
		return false
	}
	key := nameKey(device, m.name)
	_, old := n.Names[key]
	if old || room {
		n.Names[key] = said
	}
	return !old && room
}

// node returns the entry of a node, a new one if need be, in the place of
// another when there are too many.
func (d *Decoder) node(key string) *node {
	if n, ok := d.nodes[key]; ok {
		return n
	}
	if len(d.nodes) >= maxNodes {
		for old := range d.nodes {
			d.forget(old)
			break
		}
	}
	n := &node{Aliases: map[uint64]named{}, Names: map[string]named{}, Devices: map[string]bool{}}
	d.nodes[key] = n
	return n
}

// forget drops a node and what its births named.
func (d *Decoder) forget(key string) {
	if n, ok := d.nodes[key]; ok {
		d.names -= len(n.Aliases) + len(n.Names)
		delete(d.nodes, key)
		d.changed = true
	}
}

// death forgets a node, or a device of it, and returns the devices that went
// with it. The death of a session that another one followed is late and says
// nothing; ok is false then.
func (d *Decoder) death(t topic) (gone []string, ok bool) {
	n := d.nodes[t.nodeKey()]
	switch {
	case n == nil:
		return nil, true
	case t.device != "":
		delete(n.Devices, t.device)
		d.changed = true
		return nil, true
	}
	if session, stated := d.payload.session(); stated && n.Named && session != n.Session {
		return nil, false
	}
	d.forget(t.nodeKey())
	return slices.Sorted(maps.Keys(n.Devices)), true
}

// birth remembers the names and aliases of a birth. A node's birth begins its
// session anew; aliases are of the node, also those of its devices.
func (d *Decoder) birth(t topic) {
	if t.kind == "NBIRTH" {
		d.forget(t.nodeKey())
	}
	n := d.node(t.nodeKey())
	d.changed = true
	switch {
	case t.kind == "NBIRTH":
		n.Session, n.Named = d.payload.session()
	case len(n.Devices) < maxDevices && len(t.device) <= maxName:
		n.Devices[t.device] = true
	}
	if t.kind == "NBIRTH" || n.born {
		n.seq, n.born = d.payload.seq, d.payload.hasSeq
	}
	for i := range d.payload.metrics {
		m := &d.payload.metrics[i]
		if m.name == "" || len(m.name) > maxName || len(m.unit) > maxName {
			continue
		}
		if n.learn(t.device, m, d.names < maxNames) {
			d.names++
		}
	}
}

// sequence notes the sequence of data and asks for a rebirth after a gap: what
// is missing may have been a birth.
func (d *Decoder) sequence(m *ingest.Message, t topic) {
	n := d.nodes[t.nodeKey()]
	if n == nil || !d.payload.hasSeq {
		return
	}
	if n.born && d.payload.seq != n.seq && d.payload.seq != (n.seq+1)%256 {
		d.rebirth(m, t)
	}
	n.seq, n.born = d.payload.seq, true
}

// rebirth asks a node to send its births again, once in a minute until they
// come. Times are those of the messages: what is decoded again asks alike.
func (d *Decoder) rebirth(m *ingest.Message, t topic) {
	n := d.node(t.nodeKey())
	if !n.asked.IsZero() && m.Received.Sub(n.asked) < askAgain {
		return
	}
	n.asked = m.Received
	var metric, body []byte
	metric = protowire.AppendTag(metric, metricName, protowire.BytesType)
	metric = protowire.AppendString(metric, "Node Control/Rebirth")
	metric = protowire.AppendTag(metric, metricDatatype, protowire.VarintType)
	metric = protowire.AppendVarint(metric, typeBoolean)
	metric = protowire.AppendTag(metric, metricBoolean, protowire.VarintType)
	metric = protowire.AppendVarint(metric, 1)
	body = protowire.AppendTag(body, payloadTimestamp, protowire.VarintType)
	body = protowire.AppendVarint(body, uint64(max(0, m.Received.UnixMilli())))
	body = protowire.AppendTag(body, payloadMetrics, protowire.BytesType)
	body = protowire.AppendBytes(body, metric)
	d.commands = append(d.commands, ingest.Command{
		Device: t.nodeKey(), Door: m.Door, Payload: body,
		Topic: "spBv1.0/" + t.group + "/NCMD/" + t.node,
	})
}

// State returns what births said, for a checkpoint.
func (d *Decoder) State() []byte {
	if d.changed {
		d.state, _ = json.Marshal(d.nodes) // maps of texts and numbers: it cannot fail
		d.changed = false
	}
	return d.state
}

// Restore takes over what State returned. What cannot be read is forgotten:
// nodes are then asked for their births.
func (d *Decoder) Restore(state []byte) {
	nodes := map[string]*node{}
	if json.Unmarshal(state, &nodes) != nil {
		return
	}
	d.names, d.changed = 0, true
	for key, n := range nodes {
		if n == nil {
			delete(nodes, key)
			continue
		}
		if n.Aliases == nil {
			n.Aliases = map[uint64]named{}
		}
		if n.Names == nil {
			n.Names = map[string]named{}
		}
		if n.Devices == nil {
			n.Devices = map[string]bool{}
		}
		d.names += len(n.Aliases) + len(n.Names)
	}
	d.nodes = nodes
}
