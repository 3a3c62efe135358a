package influx

import (
	"slices"
	"strconv"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

// Site is what does not change from point to point of a device that stands
// still: its four tags and its position, as text. Who adds many points of a
// device keeps one and hands it over with each; the zero Site is ready, and one
// that is of something else is made anew. A Site is used by one goroutine at a
// time.
type Site struct {
	place  *devices.Placement // held, so that its address stays its own
	device *devices.Device    // likewise: devices may share a placement, as a value that nobody changes
	text   string             // ",comune=…,device_id=…,s2_cell_id=…,zone=…lat=…,lon=…,q="
	ends   [4]uint16          // where each of the four tags ends; a zone that is not known is empty
}

// AppendPoint appends p to dst as one line of line protocol (docs.influxdata.com,
// "Line protocol reference"), newline included, and returns the extended slice.
// The line has no field when p has none and is of no device: the store refuses
// it then. s may be nil.
func AppendPoint(dst []byte, p *ingest.Point, s *Site) []byte {
	dst = append(dst, p.Measurement.Name...)
	if p.Device == nil {
		dst = appendTags(dst, p.Tags, "", "")
	} else {
		if s == nil {
			s = &Site{}
		}
		s.follow(p)
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

// follow makes s the site of p.
func (s *Site) follow(p *ingest.Point) {
	if s.place == p.Place && s.device == p.Device {
		return
	}
	s.place, s.device = p.Place, p.Device
	values := [...]string{p.Place.Comune, p.Device.ID, p.Place.Cell, p.Place.Zone}
	text := make([]byte, 0, 192)
	for i, name := range commonTags() {
		text = appendTag(text, name, values[i])
		s.ends[i] = uint16(len(text)) // the registry bounds the lengths of all four
	}
	s.text = string(appendWhere(text, p.Place.Point))
}

// tags returns the four tags.
func (s *Site) tags() string { return s.text[:s.ends[3]] }

// where returns the fields of the position, and the name of the quality's.
func (s *Site) where() string { return s.text[s.ends[3]:] }

// commonTags are schema.CommonTags, in their sorted order.
func commonTags() [4]string { return [...]string{"comune", "device_id", "s2_cell_id", "zone"} }

// appendTags appends the site's tags with the extra tags sorted in between.
func (s *Site) appendTags(dst []byte, extra []ingest.Tag) []byte {
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

// Touch reads a byte of each cache line of the site's text. Who is about to add
// points of many devices touches their sites first: the waits for memory overlap
// then.
func (s *Site) Touch() int {
	if s.text == "" {
		return 0
	}
	sum := int(s.text[len(s.text)-1])
	for at := 0; at < len(s.text); at += 64 {
		sum += int(s.text[at])
	}
	return sum
}
