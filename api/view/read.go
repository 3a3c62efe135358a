package view

import (
	"context"
	"slices"
	"time"

	"rione/api/influxql"
	"rione/api/table"
	"rione/ingest"
	"rione/ingest/schema"
)

// ReadReadings asks for the readings of one field: q selects it and q, the
// quality.
func ReadReadings(ctx context.Context, store influxql.Store, bucket string, q *influxql.Query, f *schema.Field) ([]Reading, error) {
	var out []Reading
	err := store.QueryEach(ctx, bucket, q.String(), func(s *ingest.Series) error {
		timeAt, valueAt, qAt := slices.Index(s.Columns, "time"), slices.Index(s.Columns, f.Name), slices.Index(s.Columns, "q")
		for _, row := range s.Values {
			r := Reading{Value: row[valueAt]}
			r.Time, _ = row[timeAt].(time.Time)
			r.Quality, _ = row[qAt].(int64)
			if f.Type == schema.Float {
				r.Value = table.Float(r.Value)
			}
			if r.Value != nil {
				out = append(out, r)
			}
		}
		return nil
	})
	return out, err
}

// ReadCount asks how many readings of one field there are.
func ReadCount(ctx context.Context, store influxql.Store, bucket string, q *influxql.Query, f *schema.Field) (int, error) {
	n := 0
	err := store.QueryEach(ctx, bucket, q.Aggregate("count", f.Name).String(), func(s *ingest.Series) error {
		at := slices.Index(s.Columns, f.Name)
		for _, row := range s.Values {
			v, _ := ingest.NumberOf(row[at])
			n += int(v)
		}
		return nil
	})
	return n, err
}
