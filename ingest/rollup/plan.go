package rollup

import (
	"strconv"
	"strings"
	"time"

	"rione/ingest/schema"
)

// plan says how the windows of one measurement are made.
type plan struct {
	m       *schema.Measurement
	columns []column
	read    int    // how many of the columns readings have: all but the index, which stands last
	weight  string // name of the field that readings weigh by, "" for none
	carries bool
	out     map[schema.Level]*target
	places  map[schema.Level]*placeTarget
	placed  []string // tags by which windows of places are told apart
}

// column is one field that windows are made of.
type column struct {
	name string
	fold schema.Fold
	kind schema.Type
}

// carries tells whether a reading says something about the time until the next.
func (c *column) carries() bool {
	return c.fold == schema.FoldShare || c.fold == schema.FoldIncrease
}

// target is where the windows of a level go.
type target struct {
	m      *schema.Measurement
	fields [][]*schema.Field // of each column, one a statistic; nil where the level has none
	where  [2]*schema.Field  // lat, lon
}

func newPlan(m *schema.Measurement) *plan {
	p := &plan{m: m, out: map[schema.Level]*target{}, places: map[schema.Level]*placeTarget{}, placed: []string{"comune", "zone"}}
	for i := range m.Fields {
		f := &m.Fields[i]
		if fold := schema.FoldOf(m, f); fold != schema.FoldNone {
			c := column{f.Name, fold, f.Type}
			p.columns = append(p.columns, c)
			p.carries = p.carries || c.carries()
		}
	}
	p.read = len(p.columns)
	if m.Name == "air" {
		p.columns = append(p.columns, column{schema.AirIndex, schema.FoldIndex, schema.Int})
	}
	if m.Name == "noise" {
		p.weight = "window_s"
	}
	for _, l := range schema.Rollups() {
		p.out[l] = p.target(schema.Rollup(m, l))
	}
	for _, l := range schema.PlaceLevels() {
		p.places[l] = p.placeTarget(schema.RollupPlaces(m, l))
	}
	for _, kind := range m.Kinds() {
		p.placed = append(p.placed, kind.Name)
	}
	return p
}

func (p *plan) target(m *schema.Measurement) *target {
	t := &target{m: m, where: [2]*schema.Field{m.Field("lat"), m.Field("lon")}}
	for _, c := range p.columns {
		var fields []*schema.Field
		for _, stat := range c.fold.Stats() {
			if f := m.Field(c.name + "_" + stat); f != nil {
				fields = append(fields, f)
			}
		}
		t.fields = append(t.fields, fields)
	}
	return t
}

// readings is the query of readings. Everything is selected, since what no
// reading has is then no column: most devices fill few of a measurement's fields.
func (p *plan) readings(from source, s span, devices []string) string {
	return selectFrom(p.m.Name, []string{"*"}, s, devices) + groupBy(from.series(p.m))
}

// windows is the query of a level's windows.
func (p *plan) windows(l schema.Level, s span, devices []string) string {
	return selectFrom(p.out[l].m.Name, []string{"*"}, s, devices) + groupBy(nil)
}

// counts is the query of how many readings stand behind a level's windows.
func (p *plan) counts(l schema.Level, s span, devices []string) string {
	return selectFrom(p.out[l].m.Name, []string{"/_" + schema.StatN + "$/"}, s, devices) + groupBy(nil)
}

// edge is a query of the last or first value of each column that carries.
func (p *plan) edge(from source, function string, s span, devices []string) string {
	var statements []string
	for _, c := range p.columns {
		if c.carries() {
			value := function + "(" + ident(c.name) + ") AS " + ident(c.name)
			statements = append(statements, selectFrom(p.m.Name, []string{value}, s, devices)+groupBy(from.series(p.m)))
		}
	}
	return strings.Join(statements, "; ")
}

func selectFrom(measurement string, columns []string, s span, devices []string) string {
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(columns, ", ") + " FROM " + ident(measurement))
	b.WriteString(" WHERE time >= " + nanoseconds(s.from) + " AND time < " + nanoseconds(s.to))
	if len(devices) > 0 { // the pattern of their ids needs no escaping
		b.WriteString(` AND ("device_id" = '` + strings.Join(devices, `' OR "device_id" = '`) + "')")
	}
	return b.String()
}

// groupBy tells series apart by tags, by all of them where none is named.
func groupBy(tags []string) string {
	if len(tags) == 0 {
		return " GROUP BY *"
	}
	return ` GROUP BY "` + strings.Join(tags, `", "`) + `"`
}

func nanoseconds(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// ident quotes a name of the schema, which needs no escaping.
func ident(name string) string { return `"` + name + `"` }

// states tells whether there is a column of a state.
func (p *plan) states() bool {
	for _, c := range p.columns {
		if c.fold == schema.FoldShare {
			return true
		}
	}
	return false
}
