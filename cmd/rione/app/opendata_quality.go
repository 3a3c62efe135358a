package app

import (
	"context"
	"time"

	"rione/api/opendata"
	"rione/dashboards"
	"rione/ingest/indicator"
)

// known returns what the platform itself knows for indicators: of open data, and how
// many devices each administration has.
func (a *App) known(initiatives []dashboards.Initiative) (func(context.Context) ([]indicator.Fact, error), error) {
	s, err := opendata.New(opendata.Options{
		Publications: a.publications, Registry: a.registry, Store: a.stores, Bucket: a.opt.Config.InfluxBucket, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) ([]indicator.Fact, error) {
		var out []indicator.Fact
		for _, i := range initiatives {
			if i.Split == dashboards.ByAdministration {
				out = append(out, deviceFacts(i.ID, a.registry.Snapshot().All())...)
			}
			if !i.DataSets {
				continue
			}
			facts, err := openDataFacts(ctx, s, i.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, facts...)
		}
		return out, nil
	}, nil
}

// openDataFacts are the number of data sets, the percent of them that are up to date
// and complete, and each one's own state. Nothing is said of shares while nothing is
// published.
func openDataFacts(ctx context.Context, s *opendata.Service, initiative string) ([]indicator.Fact, error) {
	q, err := s.Quality(ctx, initiative)
	if err != nil {
		return nil, err
	}
	sets, err := s.Sets(ctx, initiative)
	if err != nil {
		return nil, err
	}
	facts := []indicator.Fact{{Initiative: initiative, ID: "datasets", Value: float64(q.DataSets)}}
	if q.DataSets > 0 {
		facts = append(facts,
			indicator.Fact{Initiative: initiative, ID: "freshness", Value: 100 * q.UpToDate},
			indicator.Fact{Initiative: initiative, ID: "completeness", Value: 100 * q.Completeness})
	}
	for _, set := range sets {
		facts = append(facts, dataSetFacts(initiative, set, time.Now())...)
	}
	return facts, nil
}

// Places of a data set's status among those that its page names.
const (
	statusNoData = iota
	statusLate
	statusUpToDate
)

// dataSetFacts tell of one data set how old its newest row is, how much of it is
// there, its licence and its state, as dashboards name them.
func dataSetFacts(initiative string, set opendata.SetQuality, now time.Time) []indicator.Fact {
	status, licence := float64(statusLate), 0.0
	switch {
	case set.Newest.IsZero():
		status = statusNoData
	case set.UpToDate:
		status = statusUpToDate
	}
	if set.Licence != opendata.DefaultLicence {
		licence = 1
	}
	fact := func(id string, value float64) indicator.Fact {
		return indicator.Fact{Initiative: initiative, ID: id, Subject: set.ID, Value: value}
	}
	out := []indicator.Fact{fact("dataset-status", status), fact("dataset-complete", 100*set.Completeness), fact("dataset-licence", licence)}
	if !set.Newest.IsZero() {
		out = append(out, fact("dataset-age", now.Sub(set.Newest).Hours()))
	}
	return out
}
