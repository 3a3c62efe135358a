package intake

import (
	"rione/ingest"
	"rione/ingest/record"
)

// batch is a record being filled, with whom to tell of its outcome.
type batch struct {
	record record.Builder
	acks   []ack
	told   map[ingest.Acker]struct{}
}

type ack struct {
	acker ingest.Acker
	token uint64
}

func newBatch() *batch { return &batch{told: map[ingest.Acker]struct{}{}} }

func (b *batch) add(m *ingest.Message, a ingest.Acker, token uint64) {
	b.record.Append(m)
	b.acks = append(b.acks, ack{a, token})
}

func (b *batch) count() int { return len(b.acks) }

// tell passes the outcome to every door, in the order of submission, lets each
// write its acks once, and empties the batch.
func (b *batch) tell(err error) {
	for _, a := range b.acks {
		a.acker.Ack(a.token, err)
		b.told[a.acker] = struct{}{}
	}
	for a := range b.told {
		a.Flush()
	}
	clear(b.told)
	clear(b.acks) // let go of connections that are gone
	b.acks = b.acks[:0]
	b.record.Reset()
}
