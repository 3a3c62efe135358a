package record

// Totals counts what the doors of one intake handed over since its epoch
// began. It is advanced only by records that are durable.
type Totals struct {
	epoch    uint64
	messages uint64
	doors    []DoorCount
	scratch  []DoorCount
}

// NewTotals starts the epoch of that boot time in Unix nanoseconds.
func NewTotals(epoch uint64) *Totals { return &Totals{epoch: epoch} }

// Header returns the header for b as the next record: the builder's doors in
// the builder's order, then the others.
func (t *Totals) Header(b *Builder, page uint64) Header {
	t.scratch = append(t.scratch[:0], b.doors...)
	for _, d := range t.doors {
		t.add(d)
	}
	return Header{Epoch: t.epoch, First: t.messages, Page: page, Doors: t.scratch}
}

func (t *Totals) add(d DoorCount) {
	for i := range t.scratch {
		if t.scratch[i].Door == d.Door {
			t.scratch[i].Total += d.Total
			return
		}
	}
	t.scratch = append(t.scratch, d)
}

// Commit takes over the counts of a header whose record is durable.
func (t *Totals) Commit(h Header, count int) {
	t.doors = append(t.doors[:0], h.Doors...)
	t.messages += uint64(count)
}
