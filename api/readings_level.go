package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rione/ingest/schema"
)

// take turns the question to the windows of a level: auto takes the one that
// fits the range.
func (a *question) take(ctx context.Context, level string, s *Server) error {
	a.level = schema.Raw
	if a.window > 0 {
		return a.takeForAggregate(ctx, level, s)
	}
	if level == "" {
		return nil
	}
	if level == "auto" {
		a.level = schema.Choose(a.start, a.end, s.o.Now(), s.o.Retention)
	} else if l, ok := schema.ParseLevel(level); ok {
		a.level = l
	}
	if a.level == schema.Raw {
		return nil
	}
	rolled := schema.Rollup(a.m, a.level)
	if rolled == nil {
		return huma.Error422UnprocessableEntity("no windows are made of " + a.m.Name)
	}
	a.fields = statsOf(a.m, rolled, a.fields)
	a.name, a.m = a.m.Name, rolled
	return nil
}

// statsOf returns the statistics that windows have of some fields of m.
func statsOf(m, rolled *schema.Measurement, fields []string) []string {
	var out []string
	for _, name := range fields {
		for _, stat := range schema.FoldOf(m, m.Field(name)).Stats() {
			out = append(out, name+"_"+stat)
		}
	}
	for _, stat := range schema.FoldIndex.Stats() {
		if name := schema.AirIndex + "_" + stat; rolled.Field(name) != nil {
			out = append(out, name)
		}
	}
	return out
}

// buckets returns where the readings or windows stand.
func (a *question) buckets(s *Server) []string {
	if a.level == schema.Raw {
		return s.buckets()
	}
	return []string{a.level.Bucket(s.o.Bucket)}
}
