package opendata

import (
	"context"
	"time"

	"rione/api/influxql"
	"rione/api/table"
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
// how many of those that were expected are there, of groups by how many hours have
// rows.
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
	e := expectationOf(p, s.o.Registry.Snapshot(), edge)
	day := func(function string) *influxql.Query {
		q := influxql.From(schema.Lookup(p.Measurement)).Aggregate(function, "q")
		return q.Where("comune", p.Comuni...).NotBefore(edge.Add(-lookback)).Before(edge).By("device_id")
	}
	if err := s.o.Store.QueryEach(ctx, s.o.Bucket, day("last").String(), e.last); err != nil {
		return state{}, err
	}
	counted := day("count").By(releaseOf(p.Measurement).tags...)
	if err := s.o.Store.QueryEach(ctx, s.o.Bucket, counted.String(), e.count); err != nil {
		return state{}, err
	}
	return state{Newest: e.newest, Completeness: e.completeness()}, nil
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
