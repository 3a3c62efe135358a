// Package bulkdata decodes the bulk data reports that TR-369 (USP) and TR-069
// agents publish in JSON, in the layouts NameValuePair and ObjectHierarchy.
// MQTT 3.1.1 does not say which, so it is told by the names. Instances are numbers
// or, where an agent addresses by alias, names in brackets.
//
// Specification: Broadband Forum TR-369, "Bulk Data Collection" (usp,
// specification/extensions/http-bulk-data-collection); parameters and units of
// TR-181 2.19. A report names no device: the route does, by topic or client.
// CollectionTime, where the report has it, is its time. Parameters that the
// table does not hold are not read.
package bulkdata

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// Decoder decodes bulk data reports.
type Decoder struct {
	json   wire.Parser
	groups map[string]int    // place of the reading among those of out, by what its tags say
	bands  map[string]string // of the radios of the report at hand, by instance

	out    *ingest.Readings
	report ingest.Reading // time of the report at hand

	// of the parameter at hand: its path, that with "*" for instances, these
	// joined, and the key of its reading
	path, pattern, instances, key []byte
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of bulk data reports.
func New() *Decoder { return &Decoder{groups: map[string]int{}, bands: map[string]string{}} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	reports := v.GetArray("Report")
	if reports == nil {
		return &ingest.Refusal{Reason: ingest.Unparsable, Field: "Report", Detail: "an array of reports is expected"}
	}
	d.out = out
	for _, report := range reports {
		if !wire.IsObject(report) {
			wire.Refuse(out, ingest.WrongType, "Report", "a report is an object")
			continue
		}
		d.one(report)
	}
	return wire.Outcome(out)
}

func (d *Decoder) one(report *fastjson.Value) {
	clear(d.groups)
	clear(d.bands)
	d.report = ingest.Reading{}
	if at := report.Get("CollectionTime"); at != nil && !wire.SetTime(&d.report, d.json.Raw(at)) {
		wire.Refuse(d.out, ingest.WrongType, "CollectionTime", "Unix time or a date is expected; the report is left out")
		return
	}
	d.path = d.path[:0]
	first := len(d.out.All())
	d.object(report)
	d.tagBands(d.out.All()[first:])
}

// tagBands adds the bands that the report said of its radios, which may stand
// behind their other figures.
func (d *Decoder) tagBands(list []ingest.Reading) {
	for i := range list {
		if r := &list[i]; r.Measurement == "wifi_radio" {
			if band := d.bands[r.Tags[0].Value]; band != "" {
				r.Tags = append(r.Tags, ingest.Tag{Name: "band", Value: band})
			}
		}
	}
}

// object reads the members of a report or of an object within it. Names join to
// paths whichever layout they come in.
func (d *Decoder) object(v *fastjson.Value) {
	v.GetObject().Visit(func(key []byte, v *fastjson.Value) {
		before := len(d.path)
		if before > 0 {
			d.path = append(d.path, '.')
		}
		d.path = append(d.path, key...)
		if v.Type() == fastjson.TypeObject {
			d.object(v)
		} else {
			d.parameter(v)
		}
		d.path = d.path[:before]
	})
}

// maxPath is longer than any path of TR-181.
const maxPath = 256

// parameter adds one value, if the table holds its path.
func (d *Decoder) parameter(v *fastjson.Value) {
	path, ok := strings.CutPrefix(wire.Text(d.path), "Device.")
	if !ok || len(path) > maxPath {
		return
	}
	d.split(path)
	p, ok := d.find(path)
	if !ok {
		return
	}
	if p.field == "" { // the band of a radio, a text
		d.bands[string(d.instances)] = wire.Band(string(v.GetStringBytes()), 0)
		return
	}
	value := ingest.Value{Field: p.field, Unit: p.unit}
	if p.status {
		value.Num, ok = status(string(v.GetStringBytes()))
	} else {
		value.Num, ok = d.json.Loose(v)
	}
	if !ok {
		wire.Refuse(d.out, ingest.WrongType, path, "the value is not of the parameter's type")
		return
	}
	if p.hasNone && value.Num == p.none {
		wire.Absent(d.out, p.field, value.Num)
		return
	}
	r := d.reading(p, path)
	for i := range r.Values {
		if old := &r.Values[i]; old.Field == value.Field { // errors of both directions are one figure
			old.Num += value.Num
			return
		}
	}
	r.Values = append(r.Values, value)
}

// find returns what the parameter at path becomes; split has made its pattern.
func (d *Decoder) find(path string) (parameter, bool) {
	if p, ok := parameters[wire.Text(d.pattern)]; ok {
		return p, true
	}
	if strings.HasPrefix(path, "WiFi.SSID.[") { // an alias may be the network's name
		return parameter{}, false
	}
	return interfaceParameter(wire.Text(d.pattern))
}

// Reads tells whether the decoder reads the parameter of that full path.
func Reads(path string) bool {
	path, ok := strings.CutPrefix(path, "Device.")
	if !ok || len(path) > maxPath {
		return false
	}
	var d Decoder
	d.split(path)
	_, ok = d.find(path)
	return ok
}

// split makes the pattern of a path, in which "*" stands for an instance, and
// joins the instances.
func (d *Decoder) split(path string) {
	d.pattern, d.instances = d.pattern[:0], d.instances[:0]
	for part, rest := CutPart(path); part != ""; part, rest = CutPart(rest) {
		if len(d.pattern) > 0 {
			d.pattern = append(d.pattern, '.')
		}
		if !isInstance(part) {
			d.pattern = append(d.pattern, part...)
			continue
		}
		d.pattern = append(d.pattern, '*')
		if len(d.instances) > 0 {
			d.instances = append(d.instances, '-')
		}
		d.instances = append(d.instances, strings.Trim(part, "[]")...)
	}
}

// CutPart returns the first part of a path and what follows it. An alias may
// hold points.
func CutPart(path string) (part, rest string) {
	if strings.HasPrefix(path, "[") {
		if part, rest, ok := strings.Cut(path, "]."); ok {
			return part + "]", rest
		}
		return path, ""
	}
	part, rest, _ = strings.Cut(path, ".")
	return part, rest
}

// maxAlias is as long as TR-181 lets an alias be.
const maxAlias = 64

// IsAlias tells whether a part of a path is the alias of an instance, in
// brackets (TR-069 amendment 6, 3.6.1), that says of which: plain characters,
// and no hardware address.
func IsAlias(part string) bool {
	if !strings.HasPrefix(part, "[") || !strings.HasSuffix(part, "]") || len(part) < len("[x]") || len(part) > len("[]")+maxAlias {
		return false
	}
	name := part[1 : len(part)-1]
	hex, other := 0, false
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			hex++
		case c >= 'g' && c <= 'z', c >= 'G' && c <= 'Z', c == '_':
			other = true
		case c != '-' && c != '.':
			return false
		}
	}
	return other || hex < 12
}

// isInstance tells whether a part of a path is the number or the alias of an
// instance.
func isInstance(part string) bool {
	if IsAlias(part) {
		return true
	}
	for i := range len(part) {
		if part[i] < '0' || part[i] > '9' {
			return false
		}
	}
	return part == "0" || part != "" && len(part) <= 10 && part[0] != '0'
}

// reading returns the reading of the parameter's object within the report.
func (d *Decoder) reading(p parameter, path string) *ingest.Reading {
	d.key = append(append(d.key[:0], p.measurement...), p.tech...)
	if p.measurement == netIf {
		d.key = append(d.key, kind(path)...)
	}
	if p.measurement != wire.DeviceMeasurement {
		d.key = append(append(d.key, ' '), d.instances...)
	}
	if i, ok := d.groups[string(d.key)]; ok {
		return &d.out.All()[i]
	}
	d.groups[string(d.key)] = len(d.out.All())
	r := d.out.Next()
	r.Measurement = p.measurement
	r.Time, r.LocalTime, r.Resolution = d.report.Time, d.report.LocalTime, d.report.Resolution
	r.Tags = append(r.Tags, p.tags(path, string(d.instances))...)
	return r
}

// status returns 1 for an interface that is up, 0 for one that is not.
func status(text string) (float64, bool) {
	switch text {
	case "Up":
		return 1, true
	case "Down", "Dormant", "NotPresent", "LowerLayerDown", "Error", "Unknown":
		return 0, true
	}
	return 0, false
}
