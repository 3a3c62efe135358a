package opendata

import (
	"cmp"
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

// SetQuality is what the platform itself knows of one data set.
type SetQuality struct {
	ID           string
	Licence      string    // SPDX
	Newest       time.Time // of its rows; zero: none in the last day
	UpToDate     bool      // the newest row is as new as the frequency promises
	Completeness float64   // over the last day, 0 to 1
}

// Sets judges each data set that is published of an initiative.
func (s *Service) Sets(ctx context.Context, initiative string) ([]SetQuality, error) {
	var out []SetQuality
	for _, p := range s.o.Publications.Published() {
		if p.Initiative != initiative {
			continue
		}
		st, err := s.stateOf(ctx, &p)
		if err != nil {
			return nil, err
		}
		out = append(out, SetQuality{p.ID, cmp.Or(p.Licence, DefaultLicence), st.Newest, s.upToDate(&p, st), st.Completeness})
	}
	return out, nil
}

// Quality judges what is published of an initiative. Without publications the
// shares say nothing and are 0.
func (s *Service) Quality(ctx context.Context, initiative string) (Quality, error) {
	sets, err := s.Sets(ctx, initiative)
	q := Quality{DataSets: len(sets)}
	if err != nil || len(sets) == 0 {
		return q, err
	}
	var fresh int
	for _, set := range sets {
		q.Completeness += set.Completeness
		if set.UpToDate {
			fresh++
		}
	}
	q.UpToDate = float64(fresh) / float64(q.DataSets)
	q.Completeness /= float64(q.DataSets)
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
