package table

import (
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"rione/api/appendjson"
)

// csvRows writes RFC 4180 with a header line.
type csvRows struct {
	w       io.Writer
	quality bool
	line    []byte
}

func newCSV(l *Layout, w io.Writer) (Writer, error) {
	_, err := io.WriteString(w, strings.Join(l.Columns(), ",")+"\n")
	return &csvRows{w: w, quality: l.Quality}, err
}

func (c *csvRows) Row(r *Row) error {
	b := r.Time.AppendFormat(c.line[:0], time.RFC3339Nano)
	for _, t := range r.Tags {
		b = appendCell(append(b, ','), t)
	}
	b = appendValue(append(b, ','), r.Lat)
	b = appendValue(append(b, ','), r.Lon)
	if c.quality {
		b = appendValue(append(b, ','), r.Q)
	}
	for _, v := range r.Fields {
		b = appendValue(append(b, ','), v)
	}
	c.line = append(b, '\n')
	_, err := c.w.Write(c.line)
	return err
}

func (*csvRows) Close() error { return nil }

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
	w           io.Writer
	measurement string // its member, ready to be appended
	tags        []string
	own         int
	fields      []Field
	line        []byte
}

func newNDJSON(l *Layout, w io.Writer) (Writer, error) {
	return &ndjsonRows{
		w: w, measurement: string(appendjson.String([]byte(`,"measurement":`), l.Name)),
		tags: l.Tags, own: l.Own, fields: l.Fields,
	}, nil
}

func (j *ndjsonRows) Row(r *Row) error {
	b := appendjson.Time(append(j.line[:0], `{"time":`...), r.Time)
	b = appendTags(b, j.tags[:j.own], r.Tags[:j.own])
	b = append(b, j.measurement...)
	if hasAny(r.Tags[j.own:]) {
		b = appendTags(append(b, `,"tags":{`...), j.tags[j.own:], r.Tags[j.own:])
		b = append(b, '}')
	}
	b = appendPair(b, "lat", r.Lat)
	b = appendPair(b, "lon", r.Lon)
	b = appendPair(b, "q", r.Q)
	b = append(b, `,"fields":{`...)
	for i, v := range r.Fields {
		b = appendPair(b, j.fields[i].Name, v)
	}
	j.line = append(b, '}', '}', '\n')
	_, err := j.w.Write(j.line)
	return err
}

func (*ndjsonRows) Close() error { return nil }

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
	w      io.Writer
	tags   []string
	fields []Field
	line   []byte
	begun  bool
}

func newGeoJSON(l *Layout, w io.Writer) (Writer, error) {
	_, err := io.WriteString(w, `{"type":"FeatureCollection","features":[`)
	return &geojsonRows{w: w, tags: l.Tags, fields: l.Fields}, err
}

func (g *geojsonRows) Row(r *Row) error {
	b := g.line[:0]
	if g.begun {
		b = append(b, ',')
	}
	g.begun = true
	b = appendPlace(append(b, "\n"+`{"type":"Feature","geometry":`...), r)
	b = appendjson.Time(append(b, `,"properties":{"time":`...), r.Time)
	b = appendTags(b, g.tags, r.Tags)
	b = appendPair(b, "q", r.Q)
	for i, v := range r.Fields {
		b = appendPair(b, g.fields[i].Name, v)
	}
	g.line = append(b, '}', '}')
	_, err := g.w.Write(g.line)
	return err
}

func (g *geojsonRows) Close() error {
	_, err := io.WriteString(g.w, "\n]}\n")
	return err
}

func appendPlace(b []byte, r *Row) []byte {
	lat, placed := r.Lat.(float64)
	lon, also := r.Lon.(float64)
	if !placed || !also {
		return append(b, "null"...)
	}
	b = append(b, `{"type":"Point","coordinates":[`...)
	b = appendjson.Number(append(appendjson.Number(b, lon), ','), lat)
	return append(b, "]}"...)
}

// appendTags appends members, each behind a comma unless it is an object's
// first; empty ones are left out.
func appendTags(b []byte, names, values []string) []byte {
	for i, v := range values {
		if v != "" {
			b = appendjson.Member(between(b), names[i], v)
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
		return appendjson.Number(append(appendjson.String(between(b), name), ':'), n)
	case int64:
		return strconv.AppendInt(append(appendjson.String(between(b), name), ':'), n, 10)
	case string:
		return appendjson.Member(between(b), name, n)
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
