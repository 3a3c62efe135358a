package dashboards

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rione/ingest/schema"
)

// Query is one InfluxQL statement of a panel, checked against the data
// contract: what the schema does not know is an error of Err, so that a
// renamed field fails the tests. A Query is a value: each method returns a
// changed copy.
type Query struct {
	measurement *schema.Measurement
	level       schema.Level
	inner       *Query
	beside      []Query // further inner queries, whose rows come among its own
	columns     []Column
	where       []string
	tags        []string
	overTime    bool
	interval    time.Duration // 0: the panel's resolution
	fill        string
	legend      string
	order       string
	err         error
}

// From queries a measurement.
func From(measurement string) Query {
	q := Query{measurement: schema.Lookup(measurement)}
	if q.measurement == nil {
		return q.fail(fmt.Errorf("measurement %q is not in the schema", measurement))
	}
	return q
}

// At queries the windows of a level (rollups) in the place of the readings:
// fields are then a field's statistics, such as pm10_ugm3_mean.
func (q Query) At(l schema.Level) Query { return q.windows(l, schema.Rollup) }

// Places queries the windows of places of a level, over all devices: a row for
// each zone and kind, whatever the number of devices.
func (q Query) Places(l schema.Level) Query { return q.windows(l, schema.RollupPlaces) }

func (q Query) windows(l schema.Level, of func(*schema.Measurement, schema.Level) *schema.Measurement) Query {
	if q.measurement == nil {
		return q
	}
	name := q.measurement.Name
	q.level = l
	if q.measurement = of(q.measurement, l); q.measurement == nil {
		return q.fail(fmt.Errorf("no windows of %v are made of %s", l, name))
	}
	return q
}

// Level returns how finely time is divided in what the innermost query reads.
func (q Query) Level() schema.Level {
	if q.inner != nil {
		return q.inner.Level()
	}
	return q.level
}

// Of queries the rows that q returns: first by device, say, then over devices.
func (q Query) Of() Query { return Query{inner: &q, err: q.Err()} }

// Together queries the rows that several queries return, as those of one.
func Together(first Query, more ...Query) Query {
	q := first.Of()
	q.beside = more
	for _, m := range more {
		q.err = errors.Join(q.err, m.Err())
	}
	return q
}

// AtLeast keeps the rows whose column is n or more.
func (q Query) AtLeast(column string, n int) Query {
	outer := q.Of()
	for _, c := range q.columns {
		outer.columns = append(outer.columns, Raw(c.name))
	}
	outer.tags, outer.legend = q.tags, q.legend
	return outer.When(column, ">=", n)
}

// Select adds columns.
func (q Query) Select(columns ...Column) Query {
	q.columns = append(slices.Clip(q.columns), columns...)
	return q
}

// For restricts to what the variables of those tags have chosen.
func (q Query) For(tags ...string) Query {
	for _, t := range tags {
		q = q.filter(t, fmt.Sprintf("=~ /^${%s:regex}$/", variableOf(t)))
	}
	return q
}

// Is restricts to one value of a tag.
func (q Query) Is(tag, value string) Query {
	return q.filter(tag, "= '"+strings.ReplaceAll(value, "'", `\'`)+"'")
}

// OneOf restricts to some values of a tag, which hold letters, digits and
// dashes only.
func (q Query) OneOf(tag string, values ...string) Query {
	return q.filter(tag, "=~ /^("+strings.Join(values, "|")+")$/")
}

func (q Query) filter(tag, condition string) Query {
	if !q.hasTag(tag) {
		return q.fail(fmt.Errorf("%s has no tag %q", q.name(), tag))
	}
	q.where = append(slices.Clip(q.where), quote(tag)+" "+condition)
	return q
}

// Without restricts to what has none of those tags.
func (q Query) Without(tags ...string) Query {
	for _, t := range tags {
		q = q.filter(t, "= ''")
	}
	return q
}

// With restricts to what has that tag.
func (q Query) With(tag string) Query { return q.filter(tag, "!= ''") }

// When restricts to rows whose field or column compares so with a number.
func (q Query) When(column, operator string, n int) Query {
	if _, err := q.field(column); err != nil {
		return q.fail(err)
	}
	q.where = append(slices.Clip(q.where), fmt.Sprintf("%s %s %d", quote(column), operator, n))
	return q
}

// Since restricts to the last part of the page's time range.
func (q Query) Since(d time.Duration) Query {
	q.where = append(slices.Clip(q.where), "time >= now() - "+span(d))
	return q
}

// By groups by tags.
func (q Query) By(tags ...string) Query {
	for _, t := range tags {
		if !q.hasTag(t) {
			q = q.fail(fmt.Errorf("%s has no tag %q", q.name(), t))
		}
	}
	q.tags = append(slices.Clip(q.tags), tags...)
	return q
}

// OverTime groups by intervals of the panel's resolution. Intervals without
// values stay empty.
func (q Query) OverTime() Query { q.overTime, q.fill = true, "null"; return q }

// Every groups by intervals of a fixed length.
func (q Query) Every(interval time.Duration) Query { q.interval = interval; return q.OverTime() }

// Fill says what stands in intervals without values: null, none, previous or a
// number.
func (q Query) Fill(with string) Query { q.fill = with; return q }

// Legend names the series of a plot: $col and $tag_NAME stand for the column
// and for a tag.
func (q Query) Legend(pattern string) Query { q.legend = pattern; return q }

// columnLegend ends a legend of several columns.
const columnLegend = " $col"

// legendValues returns the values of the tag that the legend names, none where
// the schema does not list them.
func (q Query) legendValues() []string {
	name, _, _ := strings.Cut(strings.TrimPrefix(q.legend, "$tag_"), " ")
	if q.measurement == nil || q.measurement.Tag(name) == nil {
		return nil
	}
	return q.measurement.Tag(name).Values
}

// Newest orders by time, newest first, and keeps n rows.
func (q Query) Newest(n int) Query {
	q.order = fmt.Sprintf(" ORDER BY time DESC LIMIT %d", n)
	return q
}

// Err returns everything that is wrong with the query.
func (q Query) Err() error {
	err := q.err
	if len(q.columns) == 0 {
		err = errors.Join(err, fmt.Errorf("the query of %s selects nothing", q.name()))
	}
	seen := map[string]bool{}
	for _, c := range q.columns {
		if _, e := c.resolve(q, q.overTime); e != nil {
			err = errors.Join(err, e)
		}
		if seen[c.name] {
			err = errors.Join(err, fmt.Errorf("two columns of %s are named %q", q.name(), c.name))
		}
		seen[c.name] = true
	}
	return err
}

// String returns the InfluxQL. It means nothing when Err is not nil.
func (q Query) String() string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, c := range q.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		r, _ := c.resolve(q, q.overTime) // Err reports it
		b.WriteString(r.expr + " AS " + quote(c.name))
	}
	b.WriteString(" FROM " + q.from() + " WHERE ")
	b.WriteString(strings.Join(append([]string{"$timeFilter"}, q.where...), " AND "))
	b.WriteString(q.grouping() + q.order)
	if q.level >= schema.Day { // which begin at midnight in Italy
		b.WriteString(" tz('Europe/Rome')")
	}
	return b.String()
}

func (q Query) from() string {
	if q.inner == nil {
		return quote(q.measurement.Name)
	}
	out := "(" + q.inner.String() + ")"
	for _, b := range q.beside {
		out += ", (" + b.String() + ")"
	}
	return out
}

func (q Query) grouping() string {
	var by []string
	switch {
	case q.interval > 0:
		by = append(by, "time("+span(q.interval)+")")
	case q.overTime:
		by = append(by, "time($__interval)")
	}
	for _, t := range q.tags {
		by = append(by, quote(t))
	}
	if len(by) == 0 {
		return ""
	}
	out := " GROUP BY " + strings.Join(by, ", ")
	if q.fill != "" {
		out += " fill(" + q.fill + ")"
	}
	return out
}

// Columns returns the names of the columns that the statement returns, in
// order, without time and tags.
func (q Query) Columns() []string {
	out := make([]string, len(q.columns))
	for i, c := range q.columns {
		out[i] = c.name
	}
	return out
}

// Tags returns the tags that the statement groups by.
func (q Query) Tags() []string { return q.tags }

// column returns the resolved column of that name, the zero value when there
// is none.
func (q Query) column(name string) resolved {
	for _, c := range q.columns {
		if c.name == name {
			r, _ := c.resolve(q, q.overTime) // Err reports it
			return r
		}
	}
	return resolved{}
}

// field implements source.
func (q Query) field(name string) (*schema.Field, error) {
	if q.inner != nil {
		return q.inner.asField(name)
	}
	if q.measurement == nil {
		return nil, errors.New("the query is of no measurement")
	}
	if f := q.measurement.Field(name); f != nil {
		return f, nil
	}
	for _, f := range schema.CommonFields() {
		if f.Name == name {
			return &f, nil
		}
	}
	if q.hasTag(name) { // rows of single moments may show it
		return &schema.Field{Name: name, Type: schema.Text}, nil
	}
	return nil, fmt.Errorf("measurement %s has no field %q", q.name(), name)
}

// asField describes a column for the query around this one.
func (q Query) asField(name string) (*schema.Field, error) {
	if !slices.Contains(q.Columns(), name) {
		return nil, fmt.Errorf("the inner query of %s has no column %q", q.name(), name)
	}
	r := q.column(name)
	f := &schema.Field{Name: name, Unit: r.unit}
	switch {
	case r.state != "":
		f.Name, f.Role = r.state, schema.State
	case r.text:
		f.Type = schema.Text
	}
	return f, nil
}

func (q Query) hasTag(tag string) bool {
	if q.inner != nil {
		lacks := func(b Query) bool { return !slices.Contains(b.tags, tag) }
		return !lacks(*q.inner) && !slices.ContainsFunc(q.beside, lacks)
	}
	return q.measurement != nil &&
		(slices.Contains(schema.CommonTags(), tag) || q.measurement.Tag(tag) != nil)
}

// name returns the measurement that the innermost query reads.
func (q Query) name() string {
	switch {
	case q.inner != nil:
		return q.inner.name()
	case q.measurement != nil:
		return q.measurement.Name
	}
	return "an unknown measurement"
}

func (q Query) fail(err error) Query { q.err = errors.Join(q.err, err); return q }
