package influxql

import (
	"context"

	"rione/ingest"
)

// Store answers queries. It must be safe for concurrent use.
type Store interface {
	// QueryEach hands the answer over in pieces as they arrive. An error of f
	// ends the query and is returned.
	QueryEach(ctx context.Context, db, q string, f func(*ingest.Series) error) error
}
