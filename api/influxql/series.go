package influxql

import (
	"context"
)

// Series is one series of an InfluxQL answer. Values of the time column are
// time.Time, others float64, int64, string or nil.
type Series struct {
	Name    string
	Tags    map[string]string
	Columns []string
	Values  [][]any
}

// Store answers queries. It must be safe for concurrent use.
type Store interface {
	// QueryEach hands the answer over in pieces as they arrive. An error of f
	// ends the query and is returned.
	QueryEach(ctx context.Context, db, q string, f func(*Series) error) error
}
