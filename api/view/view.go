// Package view is what an audience sees of the city: its things, what these
// measure and where. Who is in the audience decides who fills it in; the
// standards that show it (OGC API Features, SensorThings) do not know.
package view

import (
	"context"
	"slices"
	"strings"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

// City is everything that an audience sees at one moment. It is shared and must
// not be changed.
type City struct {
	Made   time.Time
	Things []*Thing // by id
	Areas  []geo.Area
}

// Thing is a device.
type Thing struct {
	ID       string
	Name     string // "" where the audience does not see it
	Kind     devices.Kind
	Model    string
	Comune   string
	Zone     string
	Point    *geo.Point // nil where the audience does not see it
	Since    time.Time  // of the placement; zero: since ever
	Interval time.Duration
	Series   []Series // by measurement and tags
}

// Series is one series of a thing and its newest reading.
type Series struct {
	Measurement *schema.Measurement
	Tags        []ingest.Tag // extra ones
	Time        time.Time    // of the newest reading
	Quality     ingest.Quality
	Values      []Value
}

// Value is the newest value of a field.
type Value struct {
	Field *schema.Field
	Value any // float64, int64 or string
	Time  time.Time
}

// Span chooses readings of one field of one series.
type Span struct {
	Thing       *Thing
	Measurement *schema.Measurement
	Tags        []ingest.Tag
	Field       *schema.Field
	From, Until time.Time // included, not included; zero: no bound
	Newest      bool      // the newest first
	Limit, Skip int
}

// Reading is one value of a field.
type Reading struct {
	Time    time.Time
	Value   any // float64, int64 or string
	Quality int64
}

// Source answers what an audience may know. It must be safe for concurrent use.
type Source interface {
	// City returns what there is.
	City(ctx context.Context) (*City, error)
	// Readings returns the chosen readings by time.
	Readings(ctx context.Context, s *Span) ([]Reading, error)
	// Count returns how many readings a span without its limits has.
	Count(ctx context.Context, s *Span) (int, error)
}

// Seen returns the time of the newest reading, the zero time when there is none.
func (t *Thing) Seen() time.Time {
	var seen time.Time
	for i := range t.Series {
		if t.Series[i].Time.After(seen) {
			seen = t.Series[i].Time
		}
	}
	return seen
}

// Sort puts things and their series into the order that the audience relies on.
func (c *City) Sort() {
	slices.SortFunc(c.Things, func(a, b *Thing) int { return strings.Compare(a.ID, b.ID) })
	for _, t := range c.Things {
		slices.SortFunc(t.Series, func(a, b Series) int { return strings.Compare(a.Key(), b.Key()) })
	}
}

// Key names the series within its thing: the measurement and its extra tags.
func (s *Series) Key() string {
	var b strings.Builder
	b.WriteString(s.Measurement.Name)
	for _, t := range s.Tags {
		b.WriteString("," + t.Name + "=" + t.Value)
	}
	return b.String()
}
