package api

import (
	"strconv"
	"strings"
	"time"

	"rione/ingest/schema"
)

// query builds one InfluxQL SELECT. It is the only place where InfluxQL is
// written: identifiers come from the schema, everything that a client sent is
// quoted here, so that no value can become syntax.
type query struct {
	columns     []string // already quoted
	measurement string
	buckets     []string // that hold it; none: that of the request
	conditions  []string
	group       []string
	fill        string
	newest      bool
	max, skip   int
}

// aggregates are the functions that readings can be aggregated with.
var aggregates = [...]string{"mean", "min", "max", "sum", "count", "first", "last"}

func selectAll(m *schema.Measurement) *query {
	return &query{measurement: m.Name, columns: []string{"*"}}
}

func selectFrom(m *schema.Measurement) *query { return &query{measurement: m.Name} }

// column selects a field or tag.
func (q *query) column(names ...string) *query {
	for _, n := range names {
		q.columns = append(q.columns, quoteIdent(n))
	}
	return q
}

// aggregate selects function(name) under that same name. The function must be
// one of aggregates.
func (q *query) aggregate(function, name string) *query {
	q.columns = append(q.columns, function+"("+quoteIdent(name)+") AS "+quoteIdent(name))
	return q
}

// where keeps rows whose tag has one of the values; no values keep all rows.
func (q *query) where(tag string, values ...string) *query {
	alternatives := make([]string, len(values))
	for i, v := range values {
		alternatives[i] = quoteIdent(tag) + " = " + quoteString(v)
	}
	if len(alternatives) > 0 {
		q.conditions = append(q.conditions, "("+strings.Join(alternatives, " OR ")+")")
	}
	return q
}

// since keeps rows of the last d before now.
func (q *query) since(d time.Duration) *query {
	q.conditions = append(q.conditions, "time > now() - "+influxDuration(d))
	return q
}

// from keeps rows not before t, until rows before t. A zero time keeps all.
func (q *query) from(t time.Time) *query  { return q.bound(">=", t) }
func (q *query) until(t time.Time) *query { return q.bound("<", t) }

func (q *query) bound(op string, t time.Time) *query {
	if !t.IsZero() {
		q.conditions = append(q.conditions, "time "+op+" "+quoteString(t.UTC().Format(time.RFC3339Nano)))
	}
	return q
}

// bySeries groups by every tag.
func (q *query) bySeries() *query {
	q.group = append(q.group, "*")
	return q
}

// by groups by tags.
func (q *query) by(tags ...string) *query {
	for _, t := range tags {
		q.group = append(q.group, quoteIdent(t))
	}
	return q
}

// every groups by windows of time and leaves out those without rows.
func (q *query) every(d time.Duration) *query {
	q.group = append(q.group, "time("+influxDuration(d)+")")
	q.fill = " fill(none)"
	return q
}

func (q *query) newestFirst() *query { q.newest = true; return q }

func (q *query) limit(n int) *query { q.max = n; return q }

func (q *query) offset(n int) *query { q.skip = n; return q }

// String returns the statement.
func (q *query) String() string {
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(q.columns, ", ") + " FROM " + q.sources())
	if len(q.conditions) > 0 {
		b.WriteString(" WHERE " + strings.Join(q.conditions, " AND "))
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

// in reads the measurement from several buckets as if it were one.
func (q *query) in(buckets ...string) *query { q.buckets = buckets; return q }

func (q *query) sources() string {
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
