package senml

import (
	"strings"

	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/schema"
)

// name is what the name of a record says:
//
//	name = [device ":"] [measurement ":" [tags ":"]] field
//	tags = tag "=" value *("," tag "=" value)
//
// The device may hold colons itself, as URNs do (RFC 9039): it ends where the
// measurement, the tags or the field begin, or where the topic's device or a
// base name with a closing ":" or "/" ends. "/" may stand between device and
// field too. A name without a field ("urn:dev:…"
// alone) leaves the field to the unit.
type name struct {
	device, measurement, tags, field string
}

// split takes a whole name apart. own is the device of the topic, "" where none
// is known; base is the base name that the whole begins with.
func split(whole, base, own string) name {
	var n name
	rest := whole
	if tail, ok := cutDevice(rest, own); ok {
		n.device, rest = own, tail
	} else if endsDevice(base) {
		n.device, rest = base[:len(base)-1], whole[len(base):]
	}
	n.field = rest
	i := strings.LastIndexByte(rest, ':')
	if slash := strings.LastIndexByte(rest, '/'); i < 0 && slash > 0 && n.device == "" && known(rest[slash+1:]) {
		return name{device: rest[:slash], field: rest[slash+1:]}
	}
	if i < 0 {
		return n
	}
	n.field = rest[i+1:]
	found := n.device == "" // whether the device is still to be found in rest
	n.peel(rest[:i])
	switch {
	case !found || n.measurement != "" || n.tags != "" || known(n.field):
		return n
	case own == "" || strings.HasPrefix(whole, "urn:"):
		return name{device: whole}
	}
	return name{field: whole}
}

// peel takes tags and measurement off the end of head, which stands before the
// field; what remains is the device.
func (n *name) peel(head string) {
	if eq := strings.IndexByte(head, '='); eq >= 0 {
		start := strings.LastIndexByte(head[:eq], ':') + 1
		n.tags, head = head[start:], strings.TrimSuffix(head[:start], ":")
	}
	last := head[strings.LastIndexByte(head, ':')+1:]
	if m := schema.Lookup(last); m != nil && wire.OfDevices(m) {
		n.measurement = m.Name
		head = strings.TrimSuffix(head[:len(head)-len(last)], ":")
	}
	switch {
	case n.device == "":
		n.device = head
	case head != "":
		n.field = head + ":" + n.field // nothing known: it is listed as it came
	}
}

// known tells whether the last part of a name can be a field at all.
func known(field string) bool {
	_, ok := alias.Lookup(field)
	return ok || isPosition(field)
}

func isPosition(field string) bool { return field == "lat" || field == "lon" }

func cutDevice(whole, own string) (string, bool) {
	rest, ok := strings.CutPrefix(whole, own)
	switch {
	case own == "" || !ok:
		return "", false
	case rest == "":
		return "", true
	}
	return rest[1:], rest[0] == ':' || rest[0] == '/'
}

// endsDevice tells whether a base name is a device and nothing more: it closes
// with a separator and names no measurement or tags.
func endsDevice(base string) bool {
	body, ok := strings.CutSuffix(base, ":")
	if !ok {
		body, ok = strings.CutSuffix(base, "/")
	}
	last := body[strings.LastIndexByte(body, ':')+1:]
	return ok && body != "" && !strings.Contains(last, "=") && schema.Lookup(last) == nil
}
