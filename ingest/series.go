package ingest

// Series is one series of the store's answer to a query, or a part of it.
type Series struct {
	Name    string // of the measurement
	Tags    map[string]string
	Columns []string
	// Values are rows. A value is nil, a bool, a string, an int64, a float64,
	// or in the column "time" a time.Time in UTC. A float that is whole may
	// come as int64, since the store writes both alike: see NumberOf.
	Values [][]any
}

// NumberOf returns a numeric value of a Series as float64.
func NumberOf(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	}
	return 0, false
}
