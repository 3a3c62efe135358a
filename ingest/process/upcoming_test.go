package process

import (
	"testing"

	"rione/ingest/journal"
)

// Messages come in their order and all of them, whatever part of the last look
// ahead the record fills, and whether their publishers are known or not.
func TestEachMessageOfARecord(t *testing.T) {
	p, w := newPipeline(benchOptions(t, 10)), newWork()
	for i, n := range []int{1, lookahead - 1, lookahead, lookahead + 1, 3 * lookahead, 0, 5} {
		w.reset()
		e := journal.Entry{Seq: uint64(i + 1), Data: benchRecord(1000*(i+1), n, 20)} // half of them unknown
		if err := p.record.Open(e.Data); err != nil {
			t.Fatal(err)
		}
		if err := p.run(e, w); err != nil {
			t.Fatal(err)
		}
		if len(w.messages) != n || len(w.points)+len(w.refused) != n {
			t.Errorf("%d messages, %d points and %d refused of %d", len(w.messages), len(w.points), len(w.refused), n)
		}
		for k := range w.messages {
			if int(w.messages[k].index) != k {
				t.Errorf("of %d messages number %d is in place %d", n, w.messages[k].index, k)
			}
		}
	}
}
