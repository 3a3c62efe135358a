package opendata

import (
	"context"
	"slices"
	"time"
)

// Quality is what the platform itself knows of the publications of an initiative.
type Quality struct {
	DataSets     int     // published
	UpToDate     float64 // share of them whose newest row is as new as their frequency promises, 0 to 1
	Completeness float64 // mean of their completeness over the last day, 0 to 1
}

// Quality judges what is published of an initiative. Without publications the
// shares say nothing and are 0.
func (s *Service) Quality(ctx context.Context, initiative string) (Quality, error) {
	var q Quality
	var fresh int
	for _, p := range s.o.Publications.Published() {
		if p.Initiative != initiative {
			continue
		}
		st, err := s.stateOf(ctx, &p)
		if err != nil {
			return Quality{}, err
		}
		q.DataSets++
		q.Completeness += st.Completeness
		if s.upToDate(&p, st) {
			fresh++
		}
	}
	if q.DataSets > 0 {
		q.UpToDate = float64(fresh) / float64(q.DataSets)
		q.Completeness /= float64(q.DataSets)
	}
	return q, nil
}

// upToDate reports whether the newest row is not older than the publication's
// delay and two of its periods, of which one is that of the row itself.
func (s *Service) upToDate(p *Publication, st state) bool {
	return !st.Newest.IsZero() && s.now().Sub(st.Newest) <= p.delay()+2*s.period(p)
}

// unknownInterval is taken of devices whose interval nobody said.
const unknownInterval = 15 * time.Minute

// period is how often a data set has new rows: every hour of groups, and of single
// readings in the median interval of its devices.
func (s *Service) period(p *Publication) time.Duration {
	if p.Form == Groups {
		return time.Hour
	}
	var intervals []time.Duration
	for _, d := range s.o.Registry.Snapshot().All() {
		if expects(p, d) {
			intervals = append(intervals, intervalOf(d))
		}
	}
	if len(intervals) == 0 {
		return unknownInterval
	}
	slices.Sort(intervals)
	return intervals[len(intervals)/2]
}
