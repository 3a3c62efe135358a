package process

import (
	"rione/devices"
	"rione/ingest"
	"rione/ingest/record"
)

// lookahead is how many messages of a record are read before the first of them
// is processed.
const lookahead = 32

// upcoming holds the next messages of a record. Their publishers are looked up
// before anything else is done: in a large city each is a row of waits for memory
// that no cache has, of which the processor has several under way at once when
// nothing but look-ups stands in between.
type upcoming struct {
	messages [lookahead]ingest.Message
	comune   string // of a publisher; it is kept so that the look-ups are done
}

// take reads the next messages of a record, none at its end.
func (u *upcoming) take(r *record.Record, s *devices.Snapshot) []ingest.Message {
	n := 0
	for n < lookahead && r.Next(&u.messages[n]) {
		n++
	}
	for i := range n {
		if d := s.Resolve(u.messages[i].Client); d != nil {
			u.comune = d.Current().Comune
		}
	}
	return u.messages[:n]
}
