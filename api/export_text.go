package api

import (
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// csvRows writes RFC 4180 with a header line.
type csvRows struct {
	w    io.Writer
	line []byte
}

func newCSVRows(q *question, w io.Writer) (rowWriter, error) {
	head := append([]string{"time"}, tagColumns(q.m)...)
	head = append(append(head, "lat", "lon", "q"), q.fields...)
	_, err := io.WriteString(w, strings.Join(head, ",")+"\n")
	return &csvRows{w: w}, err
}

func (c *csvRows) row(r *exportRow) error {
	b := r.time.AppendFormat(c.line[:0], time.RFC3339Nano)
	for _, t := range r.tags {
		b = appendCell(append(b, ','), t)
	}
	for _, v := range [...]any{r.lat, r.lon, r.q} {
		b = appendValue(append(b, ','), v)
	}
	for _, v := range r.fields {
		b = appendValue(append(b, ','), v)
	}
	c.line = append(b, '\n')
	_, err := c.w.Write(c.line)
	return err
}

func (*csvRows) close() error { return nil }

// appendValue appends a value for a table; nothing is the empty cell.
func appendValue(b []byte, v any) []byte {
	switch n := v.(type) {
	case float64:
		return strconv.AppendFloat(b, n, 'f', -1, 64)
	case int64:
		return strconv.AppendInt(b, n, 10)
	case string:
		return appendCell(b, n)
	}
	return b
}

// appendCell quotes a text where RFC 4180 asks for it. A text that a spreadsheet
// would take for a formula is quoted behind an apostrophe.
func appendCell(b []byte, text string) []byte {
	formula := text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0]))
	if !formula && !strings.ContainsAny(text, "\",\r\n") {
		return append(b, text...)
	}
	b = append(b, '"')
	if formula {
		b = append(b, '\'')
	}
	b = append(b, strings.ReplaceAll(text, `"`, `""`)...)
	return append(b, '"')
}

// ndjsonRows writes a Reading a line, as JSON.
type ndjsonRows struct {
	w            io.Writer
	measurement  string // its member, ready to be appended
	tags, fields []string
	line         []byte
}

func newNDJSONRows(q *question, w io.Writer) (rowWriter, error) {
	return &ndjsonRows{
		w: w, measurement: string(appendString([]byte(`,"measurement":`), q.m.Name)),
		tags: tagColumns(q.m), fields: q.fields,
	}, nil
}

// ownTags is where a measurement's own tags begin among tagColumns.
const ownTags = 3

func (j *ndjsonRows) row(r *exportRow) error {
	b := appendTime(append(j.line[:0], `{"time":`...), r.time)
	b = appendTags(b, j.tags[:ownTags], r.tags[:ownTags])
	b = append(b, j.measurement...)
	if hasAny(r.tags[ownTags:]) {
		b = appendTags(append(b, `,"tags":{`...), j.tags[ownTags:], r.tags[ownTags:])
		b = append(b, '}')
	}
	b = appendPair(b, "lat", r.lat)
	b = appendPair(b, "lon", r.lon)
	b = appendPair(b, "q", r.q)
	b = append(b, `,"fields":{`...)
	for i, v := range r.fields {
		b = appendPair(b, j.fields[i], v)
	}
	j.line = append(b, '}', '}', '\n')
	_, err := j.w.Write(j.line)
	return err
}

func (*ndjsonRows) close() error { return nil }

func hasAny(texts []string) bool {
	for _, t := range texts {
		if t != "" {
			return true
		}
	}
	return false
}

// geojsonRows writes a feature a line, within one collection.
type geojsonRows struct {
	w            io.Writer
	tags, fields []string
	line         []byte
	begun        bool
}

func newGeoJSONRows(q *question, w io.Writer) (rowWriter, error) {
	_, err := io.WriteString(w, `{"type":"FeatureCollection","features":[`)
	return &geojsonRows{w: w, tags: tagColumns(q.m), fields: q.fields}, err
}

func (g *geojsonRows) row(r *exportRow) error {
	b := g.line[:0]
	if g.begun {
		b = append(b, ',')
	}
	g.begun = true
	b = appendPlace(append(b, "\n"+`{"type":"Feature","geometry":`...), r)
	b = appendTime(append(b, `,"properties":{"time":`...), r.time)
	b = appendTags(b, g.tags, r.tags)
	b = appendPair(b, "q", r.q)
	for i, v := range r.fields {
		b = appendPair(b, g.fields[i], v)
	}
	g.line = append(b, '}', '}')
	_, err := g.w.Write(g.line)
	return err
}

func (g *geojsonRows) close() error {
	_, err := io.WriteString(g.w, "\n]}\n")
	return err
}

func appendPlace(b []byte, r *exportRow) []byte {
	lat, placed := r.lat.(float64)
	lon, also := r.lon.(float64)
	if !placed || !also {
		return append(b, "null"...)
	}
	b = append(b, `{"type":"Point","coordinates":[`...)
	b = appendNumber(append(appendNumber(b, lon), ','), lat)
	return append(b, "]}"...)
}

// appendTags appends members, each behind a comma unless it is an object's
// first; empty ones are left out.
func appendTags(b []byte, names, values []string) []byte {
	for i, v := range values {
		if v != "" {
			b = appendMember(between(b), names[i], v)
		}
	}
	return b
}

// appendPair appends a member like appendTags; one that is missing is left out.
func appendPair(b []byte, name string, v any) []byte {
	switch n := v.(type) {
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return b
		}
		return appendNumber(append(appendString(between(b), name), ':'), n)
	case int64:
		return strconv.AppendInt(append(appendString(between(b), name), ':'), n, 10)
	case string:
		return appendMember(between(b), name, n)
	}
	return b
}

// between appends the comma before a further member of an object.
func between(b []byte) []byte {
	if b[len(b)-1] == '{' {
		return b
	}
	return append(b, ',')
}
