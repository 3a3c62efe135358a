package opendata

import (
	"slices"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

// expectation compares the single readings of a day with those that the devices
// should have sent.
type expectation struct {
	snapshot *devices.Snapshot
	expected map[string]float64 // readings by device
	heard    map[string]float64 // at most as many
	newest   time.Time
}

// expectationOf knows what is to come in the day before edge: a reading in each
// interval of each device, since it stands where it stands.
func expectationOf(p *Publication, snapshot *devices.Snapshot, edge time.Time) *expectation {
	e := &expectation{snapshot: snapshot, expected: make(map[string]float64), heard: make(map[string]float64)}
	for _, d := range snapshot.All() {
		if !expects(p, d) {
			continue
		}
		span := min(lookback, edge.Sub(d.Current().ValidFrom))
		if n := float64(span / intervalOf(d)); n >= 1 {
			e.expected[d.ID] = n
		}
	}
	return e
}

// expects tells whether readings of the device belong to the data set.
func expects(p *Publication, d *devices.Device) bool {
	m := schema.DefaultOf(string(d.Kind))
	return publishable(d) && !d.Retired && m != nil && m.Name == p.Measurement && slices.Contains(p.Comuni, d.Current().Comune)
}

func intervalOf(d *devices.Device) time.Duration {
	if d.Interval <= 0 {
		return unknownInterval
	}
	return d.Interval
}

// last takes when each device was heard last.
func (e *expectation) last(s *ingest.Series) error {
	at := slices.Index(s.Columns, "time")
	if !publishable(e.snapshot.Device(s.Tags["device_id"])) {
		return nil
	}
	for _, row := range s.Values {
		if t, _ := row[at].(time.Time); t.After(e.newest) {
			e.newest = t
		}
	}
	return nil
}

// count takes how often each series was heard. Of a device with several, such as
// the lanes of a road, the fullest counts: others may be silent for a reason.
func (e *expectation) count(s *ingest.Series) error {
	id, at := s.Tags["device_id"], slices.Index(s.Columns, "q")
	expected, known := e.expected[id]
	if !known {
		return nil
	}
	for _, row := range s.Values {
		n, _ := ingest.NumberOf(row[at])
		e.heard[id] = max(e.heard[id], min(n, expected))
	}
	return nil
}

// completeness is the share of the expected readings that is there, 0 where none
// is expected.
func (e *expectation) completeness() float64 {
	var expected, heard float64
	for id, n := range e.expected {
		expected += n
		heard += e.heard[id]
	}
	if expected == 0 {
		return 0
	}
	return heard / expected
}
