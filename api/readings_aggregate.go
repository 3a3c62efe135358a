package api

import (
	"context"
	"time"

	"rione/api/influxql"
	"rione/ingest/schema"
)

// worthReadings is how many readings a window of a device should stand for at
// least: a query of windows weighs them in a query within a query, which costs
// about three times as much a row.
const worthReadings = 4

// takeForAggregate chooses whether aggregates are made of readings or of windows
// of a rollup: of windows for long ranges, where the same comes out, and of those of
// places where nothing of single devices is asked. What stands at the range's ends,
// and what has no windows yet, is made of readings. Windows of days and months
// follow Italy's clock and aggregates UTC, so they are no parts of these.
func (a *question) takeForAggregate(ctx context.Context, level string, s *Server) error {
	switch level {
	case "raw":
		return nil
	case "", "auto":
	default:
		return badQuery("level", "windows of a level are aggregates already; leave window and aggregate out, or let level be auto or raw")
	}
	l := a.partsOfWindows()
	if l == schema.Raw || s.o.Rollups == nil || a.sparse(l, s) || schema.Choose(a.start, a.end, s.o.Now(), s.o.Retention) == schema.Raw {
		return nil
	}
	made, err := s.o.Rollups(ctx)
	if err != nil {
		return nil // readings say the same, later
	}
	from, to := a.bodyOf(l, made.Until)
	if from.Before(to) {
		a.level, a.body = l, [2]time.Time{from, to}
		a.places = a.ofPlaces() && !from.Before(made.Places)
	}
	return nil
}

// ofPlaces tells whether windows of places tell all series of the answer apart and
// say the same. Levels in dB are weighted there by how long each device listens,
// while readings count alike here.
func (a *question) ofPlaces() bool {
	for _, name := range a.fields {
		if a.function == "mean" && schema.FoldOf(a.m, a.m.Field(name)) == schema.FoldEnergetic {
			return false
		}
	}
	return a.device == "" && schema.RollupPlaces(a.m, a.level) != nil && len(a.m.Kinds()) == len(a.m.Tags)
}

// sparse tells whether a device says so little that its readings, where they are
// kept, are asked for more quickly than its windows.
func (a *question) sparse(l schema.Level, s *Server) bool {
	d := s.o.Registry.Snapshot().Device(a.device)
	if d == nil || !s.o.Retention.Holds(schema.Raw, s.o.Now().Sub(a.start)) {
		return false
	}
	start := l.Start(a.start)
	return l.Next(start).Sub(start) < worthReadings*d.Interval
}

// partsOfWindows returns the longest level whose windows the asked ones are made
// of, Raw where there is none or it does not tell what is asked.
func (a *question) partsOfWindows() schema.Level {
	if schema.Rollup(a.m, schema.Hour) == nil {
		return schema.Raw
	}
	for _, name := range a.fields {
		if !influxql.Offers(a.function, schema.FoldOf(a.m, a.m.Field(name))) {
			return schema.Raw
		}
	}
	switch {
	case a.window%time.Hour == 0:
		return schema.Hour
	case a.window%(15*time.Minute) == 0:
		return schema.Quarter
	}
	return schema.Raw
}

// bodyOf returns which part of the range windows of the level answer. It begins
// and ends between two of the asked windows, or with the range itself where that
// is between two windows of the level.
func (a *question) bodyOf(l schema.Level, made time.Time) (from, to time.Time) {
	from, to = a.start, a.end
	if !l.Start(from).Equal(from) {
		from = a.windowOf(from).Add(a.window)
	}
	if !l.Start(to).Equal(to) || to.After(made) {
		if to.After(made) {
			to = made
		}
		to = a.windowOf(to)
	}
	return from, to
}

// windowOf returns the start of the asked window that holds t. InfluxDB counts
// them from 1970.
func (a *question) windowOf(t time.Time) time.Time {
	n := t.UnixNano()
	past := n % int64(a.window)
	if past < 0 {
		past += int64(a.window)
	}
	return time.Unix(0, n-past).UTC()
}

// parts returns the questions to the store whose answers together are this one's.
// No asked window is in two of them.
func (a *question) parts() []question {
	if a.window == 0 || a.level == schema.Raw {
		return []question{*a}
	}
	var out []question
	add := func(l schema.Level, from, to time.Time) {
		if from.Before(to) {
			part := *a
			part.level, part.start, part.end = l, from, to
			out = append(out, part)
		}
	}
	add(schema.Raw, a.start, a.body[0])
	add(a.level, a.body[0], a.body[1])
	add(schema.Raw, a.body[1], a.end)
	return out
}

// stored returns the measurement that answers in the store.
func (a *question) stored() *schema.Measurement {
	switch {
	case a.window == 0:
		return a.m
	case a.places && a.level != schema.Raw: // at the ends of the range stand readings
		return schema.RollupPlaces(a.m, a.level)
	}
	return schema.Rollup(a.m, a.level)
}

// aggregate selects what is asked of each field.
func (a *question) aggregate(q *influxql.Query) {
	for _, name := range a.fields {
		fold := schema.FoldOf(a.m, a.m.Field(name))
		if a.level == schema.Raw {
			q.OfReadings(a.function, name, fold)
		} else {
			q.OfWindows(a.function, name, fold)
		}
	}
}
