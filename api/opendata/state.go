package opendata

import (
	"context"
	"slices"
	"time"

	"rione/api/influxql"
	"rione/api/table"
	"rione/devices"
	"rione/ingest/schema"
)

// state is how fresh and complete a data set is, by what is published of it.
type state struct {
	Newest       time.Time // of its rows; zero: none in the last day
	Completeness float64   // share from 0 to 1
	judged       time.Time
}

// stateAge is how old a judgement may be.
const stateAge = 5 * time.Minute

// stateOf judges a data set over the day before its delay: of single readings by
// how many of its devices said something, of groups by how many hours have rows.
func (s *Service) stateOf(ctx context.Context, p *Publication) (state, error) {
	s.judging.Lock()
	defer s.judging.Unlock()
	now := s.now()
	key := p.ID + p.Changed.String()
	if st, ok := s.states[key]; ok && now.Sub(st.judged) < stateAge {
		return st, nil
	}
	st, err := s.judge(ctx, p, now)
	if err != nil {
		return st, err
	}
	st.judged = now
	if len(s.states) > 2*len(s.o.Publications.List()) {
		clear(s.states) // of publications as they were
	}
	s.states[key] = st
	return st, nil
}

func (s *Service) judge(ctx context.Context, p *Publication, now time.Time) (state, error) {
	edge := now.Add(-p.delay())
	if p.Form == Groups {
		h := &hours{seen: make(map[time.Time]bool)}
		err := s.rows(ctx, p, window{from: edge.Add(-lookback), until: edge}, h)
		return state{Newest: h.newest, Completeness: min(1, float64(len(h.seen))/float64(lookback/time.Hour-1))}, err
	}
	snapshot := s.o.Registry.Snapshot()
	expected := expectedOf(p, snapshot)
	var st state
	heard := make(map[string]bool)
	q := influxql.From(schema.Lookup(p.Measurement)).Where("comune", p.Comuni...).NotBefore(edge.Add(-lookback)).Before(edge).Aggregate("last", "q").By("device_id")
	err := s.o.Store.QueryEach(ctx, s.o.Bucket, q.String(), func(one *influxql.Series) error {
		id, timeAt := one.Tags["device_id"], slices.Index(one.Columns, "time")
		if !publishable(snapshot.Device(id)) {
			return nil
		}
		heard[id] = true
		for _, row := range one.Values {
			if at, _ := row[timeAt].(time.Time); at.After(st.Newest) {
				st.Newest = at
			}
		}
		return nil
	})
	if expected > 0 {
		st.Completeness = min(1, float64(len(heard))/float64(expected))
	}
	return st, err
}

// expectedOf counts the devices whose readings the data set should have.
func expectedOf(p *Publication, snapshot *devices.Snapshot) int {
	n := 0
	for _, d := range snapshot.All() {
		m := schema.DefaultOf(string(d.Kind))
		if publishable(d) && !d.Retired && m != nil && m.Name == p.Measurement && slices.Contains(p.Comuni, d.Current().Comune) {
			n++
		}
	}
	return n
}

// hours is a table.Writer that only looks at the times.
type hours struct {
	seen   map[time.Time]bool
	newest time.Time
}

var _ table.Writer = (*hours)(nil)

// Row implements table.Writer.
func (h *hours) Row(r *table.Row) error {
	h.seen[r.Time] = true
	if r.Time.After(h.newest) {
		h.newest = r.Time
	}
	return nil
}

// Close implements table.Writer.
func (*hours) Close() error { return nil }
