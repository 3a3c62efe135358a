package ledger

import (
	"testing"
	"time"

	"rione/ingest/record"
)

func TestImbalance(t *testing.T) {
	f := func(want string, acked, accounted uint64) {
		t.Helper()
		p, totals := NewPage(), &Totals{}
		for seq := uint64(11); seq <= 13; seq++ {
			p.Record(seq, time.Unix(100, 0), &record.Header{Epoch: 1, Count: 1, Doors: []record.DoorCount{{Door: "mqtt", Total: acked}, {Door: "http", Total: 1}}}, totals)
		}
		p.Message(Key{Door: "http"}, Duplicate, 0, 1)
		for range accounted {
			p.Message(Key{Door: "mqtt", Comune: "058091"}, Stored, 1, 1)
		}
		i, broken := p.Imbalance(9)
		if broken != (want != "") || broken && i.String() != want {
			t.Errorf("%d acked, %d accounted for: %v %s", acked, accounted, broken, &i)
		}
		if p.End() != 13 {
			t.Errorf("the page ends at %d", p.End())
		}
	}
	f("", 5, 5)
	f("records 10 to 13 of the journal: acked minus accounted for is mqtt +2", 5, 3)
	f("records 10 to 13 of the journal: acked minus accounted for is mqtt -1", 4, 5)
	if _, broken := NewPage().Imbalance(0); broken {
		t.Error("an empty page does not balance")
	}
}
