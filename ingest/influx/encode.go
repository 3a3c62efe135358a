package influx

import (
	"slices"
	"strconv"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

// Encoder writes points as line protocol (docs.influxdata.com, "Line protocol
// reference"). It keeps what does not change from point to point of a device:
// its four tags and its position, already escaped. An Encoder is used by one
// goroutine at a time.
type Encoder struct {
	sites map[*devices.Placement]site // holds the placements, so their addresses stay their own
}

// sitesKept bounds the sites that an Encoder keeps, ≈250 bytes each: those of a
// large city. When there are more, placements that are no longer any device's
// among them, it begins anew.
const sitesKept = 1 << 18

// site is one placement of one device as text. The tags stand in the order in
// which the store sorts them.
type site struct {
	device string
	text   []byte    // ",comune=…,device_id=…,s2_cell_id=…,zone=…lat=…,lon=…,q="
	ends   [4]uint16 // where each of the four tags ends; a zone that is not known is empty
}

// NewEncoder returns an Encoder.
func NewEncoder() *Encoder {
	return &Encoder{sites: make(map[*devices.Placement]site)}
}

// Append appends p to dst as one line, newline included, and returns the
// extended slice. The line has no field when p has none and is of no device:
// the store refuses it then.
func (e *Encoder) Append(dst []byte, p *ingest.Point) []byte {
	dst = append(dst, p.Measurement.Name...)
	var s site
	if p.Device == nil {
		dst = appendTags(dst, p.Tags, "", "")
	} else {
		s = e.site(p)
		dst = s.appendTags(dst, p.Tags)
	}
	separator := byte(' ')
	for i := range p.Fields {
		dst = append(dst, separator)
		dst = appendField(dst, &p.Fields[i])
		separator = ','
	}
	if p.Device != nil {
		dst = append(dst, separator)
		if p.Position == p.Place.Point {
			dst = append(dst, s.where()...)
		} else {
			dst = appendWhere(dst, p.Position)
		}
		dst = strconv.AppendUint(dst, uint64(p.Quality), 10)
		dst = append(dst, 'i')
	} else if p.Position != (geo.Point{}) {
		dst = append(dst, separator)
		dst = appendWhere(dst, p.Position)
		dst = append(dst, "0i"...)
	}
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, p.Time.UnixNano(), 10)
	return append(dst, '\n')
}

// site returns the text of p's placement, kept or made anew.
func (e *Encoder) site(p *ingest.Point) site {
	s, kept := e.sites[p.Place]
	if kept && s.device == p.Device.ID { // devices may share a placement, as a value that nobody changes
		return s
	}
	if len(e.sites) == sitesKept {
		clear(e.sites)
	}
	s = newSite(p.Device.ID, p.Place)
	e.sites[p.Place] = s
	return s
}

func newSite(device string, place *devices.Placement) (s site) {
	s.device = device
	values := [...]string{place.Comune, device, place.Cell, place.Zone}
	for i, name := range commonTags() {
		s.text = appendTag(s.text, name, values[i])
		s.ends[i] = uint16(len(s.text)) // the registry bounds the lengths of all four
	}
	s.text = slices.Clip(appendWhere(s.text, place.Point))
	return s
}

// tags returns the four tags.
func (s *site) tags() []byte { return s.text[:s.ends[3]] }

// where returns the fields of the position, and the name of the quality's.
func (s *site) where() []byte { return s.text[s.ends[3]:] }

// commonTags are schema.CommonTags, in their sorted order.
func commonTags() [4]string { return [...]string{"comune", "device_id", "s2_cell_id", "zone"} }

// appendTags appends the site's tags with the extra tags sorted in between.
func (s *site) appendTags(dst []byte, extra []ingest.Tag) []byte {
	if len(extra) == 0 {
		return append(dst, s.tags()...)
	}
	after, start := "", uint16(0)
	for i, name := range commonTags() {
		dst = appendTags(dst, extra, after, name)
		dst = append(dst, s.text[start:s.ends[i]]...)
		after, start = name, s.ends[i]
	}
	return appendTags(dst, extra, after, "")
}

// appendTags appends the tags whose names lie between after and before (both
// excluded, "" for no bound), sorted by name; of one name only the first. Tags
// are few: looking for the next one beats sorting a copy.
func appendTags(dst []byte, tags []ingest.Tag, after, before string) []byte {
	for {
		next := -1
		for i := range tags {
			name := tags[i].Name
			if name > after && (before == "" || name < before) && (next < 0 || name < tags[next].Name) {
				next = i
			}
		}
		if next < 0 {
			return dst
		}
		dst = appendTag(dst, tags[next].Name, tags[next].Value)
		after = tags[next].Name
	}
}

// appendTag appends one tag; an empty value is no tag.
func appendTag(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, ',')
	dst = appendEscaped(dst, name)
	dst = append(dst, '=')
	return appendEscaped(dst, value)
}

// appendEscaped appends a tag's name or value. Line protocol cannot say a
// backslash that stands at the end or before a delimiter, nor a line break: a
// slash and a space stand for them.
func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' || c == ',' || c == '=':
			dst = append(dst, '\\', c)
		case c == '\\':
			dst = append(dst, '/')
		case c < ' ':
			dst = append(dst, '\\', ' ')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendField appends name=value. The names come from the schema and need no
// escaping.
func appendField(dst []byte, f *ingest.FieldValue) []byte {
	dst = append(dst, f.Field.Name...)
	dst = append(dst, '=')
	switch f.Field.Type {
	case schema.Int:
		dst = strconv.AppendInt(dst, f.Int, 10)
		return append(dst, 'i')
	case schema.Text:
		return appendText(dst, f.Text)
	default:
		return strconv.AppendFloat(dst, f.Float, 'g', -1, 64)
	}
}

// appendText appends a string field, where only the quote and the backslash are
// special. Control characters become spaces, since parsers disagree on them.
func appendText(dst []byte, s string) []byte {
	dst = slices.Grow(dst, len(s)+2)
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ' && c != '\n':
			dst = append(dst, ' ')
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

func appendWhere(dst []byte, p geo.Point) []byte {
	dst = append(dst, "lat="...)
	dst = strconv.AppendFloat(dst, p.Lat, 'g', -1, 64)
	dst = append(dst, ",lon="...)
	dst = strconv.AppendFloat(dst, p.Lon, 'g', -1, 64)
	return append(dst, ",q="...)
}
