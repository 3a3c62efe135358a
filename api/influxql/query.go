// Package influxql writes the queries of the API. It is the only place where
// InfluxQL is written: identifiers come from the schema, everything that a client
// sent is quoted here, so that no value can become syntax.
package influxql

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rione/ingest/schema"
)

// Query builds one SELECT.
type Query struct {
	columns     []string // already quoted
	inner       []string // columns of the rows that aggregates are made of, if nested
	nested      bool
	measurement string
	buckets     []string // that hold it; none: that of the request
	conditions  []string
	bounds      []string // conditions of time
	group       []string
	fill        string
	newest      bool
	max, skip   int
}

// Aggregates returns the functions that readings can be aggregated with.
func Aggregates() []string {
	return []string{"mean", "min", "max", "sum", "count", "first", "last"}
}

// All selects every field and tag.
func All(m *schema.Measurement) *Query {
	return &Query{measurement: m.Name, columns: []string{"*"}}
}

// From selects what Column and Aggregate name.
func From(m *schema.Measurement) *Query { return &Query{measurement: m.Name} }

// Column selects a field or tag.
func (q *Query) Column(names ...string) *Query {
	for _, n := range names {
		q.columns = append(q.columns, quoteIdent(n))
	}
	return q
}

// Aggregate selects function(name) under that same name. The function must be
// one of Aggregates.
func (q *Query) Aggregate(function, name string) *Query {
	q.columns = append(q.columns, function+"("+quoteIdent(name)+") AS "+quoteIdent(name))
	return q
}

// Where keeps rows whose tag has one of the values; no values keep all rows.
func (q *Query) Where(tag string, values ...string) *Query {
	alternatives := make([]string, len(values))
	for i, v := range values {
		alternatives[i] = quoteIdent(tag) + " = " + quoteString(v)
	}
	if len(alternatives) > 0 {
		q.conditions = append(q.conditions, "("+strings.Join(alternatives, " OR ")+")")
	}
	return q
}

// Since keeps rows of the last d before now.
func (q *Query) Since(d time.Duration) *Query {
	q.conditions = append(q.conditions, "time > now() - "+influxDuration(d))
	return q
}

// NotBefore keeps rows not before t. A zero time keeps all.
func (q *Query) NotBefore(t time.Time) *Query { return q.bound(">=", t) }

// Before keeps rows before t. A zero time keeps all.
func (q *Query) Before(t time.Time) *Query { return q.bound("<", t) }

// Without keeps rows whose integer field has none of the bits.
func (q *Query) Without(field string, bits int64) *Query {
	q.conditions = append(q.conditions, quoteIdent(field)+" & "+strconv.FormatInt(bits, 10)+" = 0")
	return q
}

func (q *Query) bound(op string, t time.Time) *Query {
	if !t.IsZero() {
		q.bounds = append(q.bounds, "time "+op+" "+quoteString(t.UTC().Format(time.RFC3339Nano)))
	}
	return q
}

// BySeries groups by every tag.
func (q *Query) BySeries() *Query {
	q.group = append(q.group, "*")
	return q
}

// By groups by tags.
func (q *Query) By(tags ...string) *Query {
	for _, t := range tags {
		q.group = append(q.group, quoteIdent(t))
	}
	return q
}

// Every groups by windows of time and leaves out those without rows.
func (q *Query) Every(d time.Duration) *Query {
	q.group = append(q.group, "time("+influxDuration(d)+")")
	q.fill = " fill(none)"
	return q
}

// NewestFirst orders rows by time, the newest first.
func (q *Query) NewestFirst() *Query { q.newest = true; return q }

// Limit keeps n rows of each series at most; 0 keeps all.
func (q *Query) Limit(n int) *Query { q.max = n; return q }

// Offset leaves out the first n rows of each series.
func (q *Query) Offset(n int) *Query { q.skip = n; return q }

// String returns the statement.
func (q *Query) String() string {
	var b strings.Builder
	conditions := where(slices.Concat(q.conditions, q.bounds))
	if q.nested {
		rows := "SELECT " + strings.Join(q.inner, ", ") + " FROM " + q.sources() + conditions
		b.WriteString("SELECT " + strings.Join(q.columns, ", ") + " FROM (" + rows + ")" + where(q.bounds))
	} else {
		b.WriteString("SELECT " + strings.Join(q.columns, ", ") + " FROM " + q.sources() + conditions)
	}
	if len(q.group) > 0 {
		b.WriteString(" GROUP BY " + strings.Join(q.group, ", ") + q.fill)
	}
	if q.newest {
		b.WriteString(" ORDER BY time DESC")
	}
	if q.max > 0 {
		b.WriteString(" LIMIT " + strconv.Itoa(q.max))
	}
	if q.skip > 0 {
		b.WriteString(" OFFSET " + strconv.Itoa(q.skip))
	}
	return b.String()
}

func where(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// In reads the measurement from several buckets as if it were one.
func (q *Query) In(buckets ...string) *Query { q.buckets = buckets; return q }

func (q *Query) sources() string {
	if len(q.buckets) == 0 {
		return quoteIdent(q.measurement)
	}
	from := make([]string, len(q.buckets))
	for i, b := range q.buckets {
		from[i] = quoteIdent(b) + ".." + quoteIdent(q.measurement)
	}
	return strings.Join(from, ", ")
}

func quoteIdent(s string) string  { return `"` + influxEscapes(`"`).Replace(s) + `"` }
func quoteString(s string) string { return `'` + influxEscapes(`'`).Replace(s) + `'` }

// influxEscapes knows the escapes of InfluxQL's scanner: a backslash, the
// quote itself and a line feed; nothing else has a meaning within quotes.
func influxEscapes(quote string) *strings.Replacer {
	return strings.NewReplacer(`\`, `\\`, quote, `\`+quote, "\n", `\n`)
}

func influxDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(int64(d), 10) + "ns"
}
