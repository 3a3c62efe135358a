package sparkplug

import (
	"encoding/json"
	"fmt"

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
)

// node is what is known of an edge node.
type node struct {
	Aliases map[uint64]named `json:"aliases"`
	Seq     uint64           `json:"seq"`
	Born    bool             `json:"born"`  // Seq is known
	Asked   bool             `json:"asked"` // a rebirth was requested and has not come
}

// named is a metric as its birth named it.
type named struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
}

// lookup returns the metric of an alias; a nil node knows none.
func (n *node) lookup(alias uint64) (named, bool) {
	if n == nil {
		return named{}, false
	}
	m, ok := n.Aliases[alias]
	return m, ok
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
	n := &node{Aliases: map[uint64]named{}}
	d.nodes[key] = n
	return n
}

// forget drops a node and what its births named.
func (d *Decoder) forget(key string) {
	if n, ok := d.nodes[key]; ok {
		d.names -= len(n.Aliases)
		delete(d.nodes, key)
	}
}

// birth remembers the names and aliases of a birth. A node's birth begins its
// session anew; aliases are of the node, also those of its devices.
func (d *Decoder) birth(t topic) {
	if t.kind == "NBIRTH" {
		d.forget(t.nodeKey())
	}
	n := d.node(t.nodeKey())
	if t.kind == "NBIRTH" || n.Born {
		n.Seq, n.Born = d.payload.seq, d.payload.hasSeq
	}
	for i := range d.payload.metrics {
		m := &d.payload.metrics[i]
		if m.name == "" || !m.hasAlias || len(m.name) > maxName || len(m.unit) > maxName {
			continue
		}
		_, old := n.Aliases[m.alias]
		if !old && (len(n.Aliases) == maxAliases || d.names >= maxNames) {
			continue
		}
		if !old {
			d.names++
		}
		n.Aliases[m.alias] = named{Name: m.name, Unit: m.unit}
	}
}

// sequence notes the sequence of data and asks for a rebirth after a gap: what
// is missing may have been a birth.
func (d *Decoder) sequence(m *ingest.Message, t topic) {
	n := d.nodes[t.nodeKey()]
	if n == nil || !d.payload.hasSeq {
		return
	}
	if n.Born && d.payload.seq != n.Seq && d.payload.seq != (n.Seq+1)%256 {
		d.rebirth(m, t)
	}
	n.Seq, n.Born = d.payload.seq, true
}

// rebirth asks a node, once, to send its births again.
func (d *Decoder) rebirth(m *ingest.Message, t topic) {
	n := d.node(t.nodeKey())
	if n.Asked {
		return
	}
	n.Asked = true
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

// MarshalBinary returns what the decoder remembers, for a checkpoint.
func (d *Decoder) MarshalBinary() ([]byte, error) { return json.Marshal(d.nodes) }

// UnmarshalBinary restores what MarshalBinary returned.
func (d *Decoder) UnmarshalBinary(state []byte) error {
	nodes := map[string]*node{}
	if err := json.Unmarshal(state, &nodes); err != nil {
		return fmt.Errorf("sparkplug births in the checkpoint: %w", err)
	}
	d.names = 0
	for key, n := range nodes {
		if n == nil {
			delete(nodes, key)
			continue
		}
		if n.Aliases == nil {
			n.Aliases = map[uint64]named{}
		}
		d.names += len(n.Aliases)
	}
	d.nodes = nodes
	return nil
}
