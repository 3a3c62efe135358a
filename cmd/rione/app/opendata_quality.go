package app

import (
	"context"

	"rione/api/opendata"
	"rione/ingest/indicator"
)

// openDataInitiative is the one whose indicators are about open data.
const openDataInitiative = "palermo"

// openDataQuality returns what gives the indicators of open data: number of data
// sets, and percent of them that are up to date and complete. Nothing is said of
// shares while nothing is published.
func (a *App) openDataQuality() (func(context.Context) ([]indicator.Fact, error), error) {
	s, err := opendata.New(opendata.Options{
		Publications: a.publications, Registry: a.registry, Store: a.stores, Bucket: a.opt.Config.InfluxBucket, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) ([]indicator.Fact, error) {
		q, err := s.Quality(ctx, openDataInitiative)
		if err != nil {
			return nil, err
		}
		facts := []indicator.Fact{{Initiative: openDataInitiative, ID: "datasets", Value: float64(q.DataSets)}}
		if q.DataSets > 0 {
			facts = append(facts,
				indicator.Fact{Initiative: openDataInitiative, ID: "freshness", Value: 100 * q.UpToDate},
				indicator.Fact{Initiative: openDataInitiative, ID: "completeness", Value: 100 * q.Completeness})
		}
		return facts, nil
	}, nil
}
