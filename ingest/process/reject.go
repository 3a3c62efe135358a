package process

import (
	"cmp"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/ledger"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

// reject moves the messages of lines that the store refused to their state, and
// takes those lines from what the feeds will hear. rejects are in the order of
// their lines.
func (w *work) reject(rejects []influx.Reject) error {
	gone := make([]bool, len(w.points))
	poison := map[int32]int{} // index of the reject, by message
	var touched []int32
	for i, r := range rejects {
		owner := w.owner[r.Line]
		gone[r.Line] = true
		w.messages[owner].lines--
		if len(touched) == 0 || touched[len(touched)-1] != owner {
			touched = append(touched, owner)
		}
		if _, known := poison[owner]; !known && !r.Expired {
			poison[owner] = i
		}
	}
	raw := reread{record: -1}
	for _, owner := range touched {
		m := &w.messages[owner]
		at, bad := poison[owner]
		if bad && m.outcome == ledger.Stored { // else an entry is on its way already
			e, err := raw.entry(w, m, &rejects[at])
			if err != nil {
				return err
			}
			w.refused = append(w.refused, e)
		}
		m.settle(bad)
	}
	w.keep(gone)
	return nil
}

// settle decides the outcome of a message that lost lines.
func (m *message) settle(poison bool) {
	quarantined := poison || m.outcome == ledger.Partial
	switch {
	case quarantined && m.lines == 0:
		m.outcome = ledger.Quarantined
	case quarantined:
		m.outcome = ledger.Partial
	case m.lines == 0:
		m.outcome = ledger.Expired
	}
}

// keep leaves the points whose lines are stored. The others change places with
// them, since the slab's points own memory.
func (w *work) keep(gone []bool) {
	n := 0
	for i := range w.points {
		if !gone[i] {
			w.points[n], w.points[i] = w.points[i], w.points[n]
			n++
		}
	}
	w.points = w.points[:n]
}

// reread reads messages of a work's records again, in their order.
type reread struct {
	record int32 // that is open
	open   record.Record
	at     ingest.Message
}

// entry makes the quarantine entry of a message that the store refused.
func (r *reread) entry(w *work, m *message, why *influx.Reject) (quarantine.Entry, error) {
	if r.record != m.record {
		if err := r.open.Open(w.records[m.record].entry.Data); err != nil {
			return quarantine.Entry{}, err
		}
		r.record, r.at.Index = m.record, -1
	}
	for r.at.Index < int(m.index) {
		if !r.open.Next(&r.at) {
			return quarantine.Entry{}, cmp.Or(r.open.Err(), record.ErrCorrupt)
		}
	}
	r.at.Seq = w.records[m.record].entry.Seq
	e := quarantine.NewEntry(&r.at, ingest.Refuse(ingest.RejectedByStore, why.Detail))
	e.Device, e.Comune = w.points[why.Line].Device.ID, m.key.Comune
	return e, nil
}
