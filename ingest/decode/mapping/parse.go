package mapping

import (
	"slices"

	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// maxReadings is more than any message needs kinds of readings.
const maxReadings = 16

// Parse reads a mapping file. Errors name the line and the member.
func Parse(text []byte) (*Mapping, error) {
	root, err := read(text)
	if err != nil {
		return nil, err
	}
	m := new(Mapping)
	readers := m.readers()
	readers["readings"] = m.parseReadings
	if err := root.object(readers); err != nil {
		return nil, err
	}
	if len(m.readings) == 0 {
		return nil, root.fail("readings are missing")
	}
	return m, nil
}

// readers of the members that say where a reading belongs.
func (w *where) readers() map[string]func(*node) error {
	return map[string]func(*node) error{"device": w.device.parse, "time": w.time.parse, "seq": w.seq.parse}
}

func (m *Mapping) parseReadings(n *node) error {
	if n.kind != '[' || len(n.items) > maxReadings {
		return n.fail("a list of at most %d is expected", maxReadings)
	}
	for _, item := range n.items {
		var r reading
		if err := r.parse(item); err != nil {
			return err
		}
		m.readings = append(m.readings, r)
	}
	return nil
}

// parse reads the measurement first, since it decides which names are right.
func (r *reading) parse(n *node) error {
	readers := r.readers()
	readers["each"], readers["lat"], readers["lon"] = r.each.parse, r.lat.parse, r.lon.parse
	readers["measurement"] = r.parseMeasurement
	readers["tags"] = func(n *node) error { return members(n, r.parseTag) }
	readers["fields"] = func(n *node) error { return members(n, r.parseField) }
	slices.SortStableFunc(n.members, func(a, b member) int { return rank(a) - rank(b) })
	if err := n.object(readers); err != nil {
		return err
	}
	switch {
	case r.lat.set != r.lon.set:
		return n.fail("lat and lon come together")
	case len(r.fields) == 0 && !r.lat.set:
		return n.fail("fields are missing")
	}
	return nil
}

func rank(m member) int {
	if m.key == "measurement" {
		return 0
	}
	return 1
}

func members(n *node, each func(name string, n *node) error) error {
	if n.kind != '{' {
		return n.fail("an object is expected")
	}
	for _, m := range n.members {
		if err := each(m.key, m.node); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) parseMeasurement(n *node) error {
	name, err := n.text()
	if err != nil {
		return err
	}
	r.measurement = schema.Lookup(name)
	if r.measurement == nil || !wire.OfDevices(r.measurement) {
		return n.fail("%q is no measurement of devices", name)
	}
	return nil
}

func (r *reading) parseTag(name string, n *node) error {
	known := wire.Tag(r.measurement, name)
	if known == nil {
		return n.fail("the measurement has no such tag")
	}
	t := tag{name: name}
	if n.kind != '{' {
		r.tags = append(r.tags, t)
		return r.tags[len(r.tags)-1].path.parse(n)
	}
	err := n.object(map[string]func(*node) error{"value": func(n *node) (err error) {
		t.constant, err = n.text()
		if err == nil && len(known.Values) > 0 && !slices.Contains(known.Values, t.constant) {
			err = n.fail("%q is none of %q", t.constant, known.Values)
		}
		return err
	}})
	r.tags = append(r.tags, t)
	return err
}

func (r *reading) parseField(name string, n *node) error {
	f := field{Field: wire.Field(r.measurement, name), scale: 1}
	if f.Field == nil && r.measurement == nil {
		f.Field = wire.DeviceField(name)
	}
	if f.Field == nil && r.measurement != nil {
		return n.fail("measurement %s has no such field", r.measurement.Name)
	}
	if f.Field == nil {
		return n.fail("no measurement has such a field")
	}
	parse := f.path.parse
	if n.kind == '{' {
		parse = f.parse
	}
	err := parse(n)
	r.fields = append(r.fields, f)
	return err
}

func (f *field) parse(n *node) error {
	err := n.object(map[string]func(*node) error{
		"path":   f.path.parse,
		"unit":   f.parseUnit,
		"scale":  func(n *node) (err error) { f.scale, err = n.number(); return err },
		"offset": func(n *node) (err error) { f.offset, err = n.number(); return err },
		"values": func(n *node) error {
			f.values = map[string]float64{}
			return members(n, func(word string, n *node) (err error) { f.values[word], err = n.number(); return err })
		},
	})
	if err == nil && !f.path.set {
		return n.fail("path is missing")
	}
	return err
}

func (f *field) parseUnit(n *node) error {
	symbol, err := n.text()
	if err != nil {
		return err
	}
	unit, ok := quantity.Parse(symbol)
	if !ok {
		return n.fail("%q is in no table of units%s", symbol, wire.MeantUnit(symbol))
	}
	if _, _, err := quantity.ToField(1, unit, f.Name, f.Field.Unit, nil); err != nil {
		return n.fail("%s cannot be given in %s: %v", f.Name, symbol, err)
	}
	f.unit = unit
	return nil
}
