package dashboards

import (
	"fmt"
	"strings"

	"rione/ingest/schema"
)

// Column is one column that a query returns. Its name in the result is the
// field's own until As gives another.
type Column struct {
	name  string
	field string // of the measurement, or column of the inner query
	fn    string // InfluxQL function, "" for the bare value
	arg   string // of the function, after the field
	unit  string // UCUM; takes the place of the field's unit when overridden
	fixed bool   // unit overrides the field's
	scale string // factor, "" for 1
	tag   bool   // the bare value of a tag
	op    string // joins the terms
	log   bool   // the common logarithm of the terms
	terms []Column
}

func apply(fn, field string) Column { return Column{name: field, field: field, fn: fn} }

// Last is the newest value of a field in the time range.
func Last(field string) Column { return apply("last", field) }

// Mean is the mean of a field.
func Mean(field string) Column { return apply("mean", field) }

// Min is the smallest value of a field.
func Min(field string) Column { return apply("min", field) }

// Max is the largest value of a field.
func Max(field string) Column { return apply("max", field) }

// Sum adds the values of a field.
func Sum(field string) Column { return apply("sum", field) }

// Count is how many values a field has.
func Count(field string) Column { return apply("count", field).In("") }

// Percentile is the value that n percent of the values do not exceed.
func Percentile(field string, n int) Column {
	c := apply("percentile", field)
	c.arg = fmt.Sprint(n)
	return c
}

// Increase is by how much a counter grew from one reading to the next; a restart
// from zero is left out. It is of a query that is not over time.
func Increase(counter string) Column { return apply("non_negative_difference", counter) }

// Availability is the share of time or things for which a state was 1, percent.
func Availability(state string) Column { return Mean(state).Times("100").In("%") }

// Raw is a field, or a column of the inner query, as it is.
func Raw(name string) Column { return apply("", name) }

// RawTag is the value of a tag beside bare fields.
func RawTag(name string) Column { return Column{name: name, field: name, tag: true} }

// Bits are those of a field's bits that are among n, as the bare value: 0 for none.
func Bits(field string, n int) Column {
	c := apply("", field).In("")
	c.arg = fmt.Sprint(n)
	return c
}

// Ratio is a as a percentage of b.
func Ratio(a, b Column) Column {
	return Column{name: "ratio_pct", op: " / ", terms: []Column{a, b}, scale: "100"}.In("%")
}

// OfPlaces is the mean of a field of m over places, from their windows: each
// reading counts alike, of levels in dB its energy, of states the time.
func OfPlaces(m *schema.Measurement, field string) Column {
	if m == nil || m.Field(field) == nil {
		return Mean(field) // Err tells what is wrong
	}
	f := m.Field(field)
	sum, n, w := Sum(field+"_"+schema.StatSum), Sum(field+"_"+schema.StatN), Sum(field+"_"+schema.StatWeight)
	switch schema.FoldOf(m, f) {
	case schema.FoldShare:
		return Ratio(sum, w).As(field)
	case schema.FoldEnergetic:
		return Column{op: " / ", terms: []Column{sum, w}, log: true, scale: "10"}.In(f.Unit).As(field)
	}
	return Column{op: " / ", terms: []Column{sum, n}}.As(field)
}

// Less is c without others.
func (c Column) Less(others ...Column) Column {
	return Column{name: c.name, op: " - ", terms: append([]Column{c}, others...)}
}

// Plus is c and others.
func (c Column) Plus(others ...Column) Column {
	return Column{name: c.name, op: " + ", terms: append([]Column{c}, others...)}
}

// As names the column in the result.
func (c Column) As(name string) Column { c.name = name; return c }

// In says the unit, in UCUM's notation, where it is not the field's.
func (c Column) In(unit string) Column { c.unit, c.fixed = unit, true; return c }

// Times multiplies by a factor.
func (c Column) Times(factor string) Column { c.scale = factor; return c }

// source is what columns are taken from: a measurement or an inner query.
type source interface {
	field(name string) (*schema.Field, error)
	hasTag(name string) bool
}

// resolved is a column in InfluxQL.
type resolved struct {
	expr  string
	unit  string // UCUM
	state string // the state whose 0 or 1 the column holds, "" for other columns
	text  bool   // holds words
}

func (c Column) resolve(s source, overTime bool) (resolved, error) {
	r, err := c.base(s, overTime)
	if err != nil {
		return resolved{}, err
	}
	if c.scale != "" {
		r.expr, r.state = r.expr+" * "+c.scale, ""
	}
	if c.fixed {
		r.unit = c.unit
	}
	return r, nil
}

func (c Column) base(s source, overTime bool) (resolved, error) {
	if len(c.terms) == 0 {
		return c.call(s, overTime)
	}
	parts := make([]string, len(c.terms))
	var unit string
	for i, t := range c.terms {
		r, err := t.resolve(s, overTime)
		if err != nil {
			return resolved{}, err
		}
		parts[i] = r.expr
		if i == 0 {
			unit = r.unit
		}
	}
	expr := "(" + strings.Join(parts, c.op) + ")"
	if c.log {
		expr = "log10" + expr
	}
	return resolved{expr: expr, unit: unit}, nil
}

func (c Column) call(s source, overTime bool) (resolved, error) {
	if c.tag {
		if !s.hasTag(c.field) {
			return resolved{}, fmt.Errorf("there is no tag %q", c.field)
		}
		return resolved{expr: quote(c.field), text: true}, nil
	}
	f, err := s.field(c.field)
	if err != nil {
		return resolved{}, err
	}
	r := resolved{expr: quote(c.field), unit: f.Unit, text: f.Type == schema.Text && c.fn != "count"}
	switch c.fn {
	case "":
		if c.arg != "" {
			r.expr += " & " + c.arg
			return r, nil
		}
		r.state = stateOf(f)
		return r, nil
	case "non_negative_difference":
		return c.increase(f, r, overTime)
	case "last", "min", "max":
		r.state = stateOf(f)
	}
	if f.Type == schema.Text && c.fn != "last" && c.fn != "count" {
		return resolved{}, fmt.Errorf("%s(%s): the field is text", c.fn, c.field)
	}
	if c.arg != "" {
		r.expr += ", " + c.arg
	}
	r.expr = c.fn + "(" + r.expr + ")"
	return r, nil
}

func stateOf(f *schema.Field) string {
	if f.Role == schema.State {
		return f.Name
	}
	return ""
}

func (c Column) increase(f *schema.Field, r resolved, overTime bool) (resolved, error) {
	switch {
	case f.Role != schema.Counter:
		return resolved{}, fmt.Errorf("the increase of %s: the field is no counter", c.field)
	case overTime:
		return resolved{}, fmt.Errorf("the increase of %s is from reading to reading, its query is over time", c.field)
	}
	r.expr = "non_negative_difference(" + r.expr + ")"
	return r, nil
}

func quote(identifier string) string { return `"` + identifier + `"` }
