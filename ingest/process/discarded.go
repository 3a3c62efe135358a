package process

import (
	"context"

	"rione/ingest/influx"
	"rione/ingest/quarantine"
)

// discarded stands for the store and the quarantine where nothing is written.
type discarded struct{}

var (
	_ Store      = discarded{}
	_ Quarantine = discarded{}
)

// Write implements Store.
func (discarded) Write(context.Context, string, *influx.Batch) ([]influx.Reject, error) {
	return nil, nil
}

// Add implements Quarantine.
func (discarded) Add(context.Context, []quarantine.Entry) error { return nil }
