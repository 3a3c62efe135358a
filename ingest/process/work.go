package process

import (
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/journal"
	"rione/ingest/ledger"
	"rione/ingest/park"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

// work is what the pipeline made of some records and the writer carries out.
// Two of them go round; their memory is reused.
type work struct {
	lots     []lot
	points   []ingest.Point // one a line, for the feeds
	owner    []int32        // message of each point
	messages []message
	refused  []quarantine.Entry
	records  []entered
	bytes    int // of the messages' payloads
	last     journal.Entry
	endsPage bool   // last is the last record of its page
	commits  bool   // everything up to last may be committed, with state
	state    []byte // of the pipeline after last, if commits
}

// lot is the lines for one bucket of one target.
type lot struct {
	batch  *influx.Batch
	points []int32 // index in work.points of each line
}

// message is one raw message on its way to its terminal state.
type message struct {
	key     ledger.Key
	outcome ledger.Outcome
	lines   int32
	bytes   int32
	record  int32 // index in work.records
	index   int32 // place within the record
}

// entered is a record whose messages are in the work.
type entered struct {
	entry  journal.Entry
	header record.Header
}

func newWork() *work { return &work{} }

// add encodes the last point, which is of that site, into a lot.
func (w *work) add(n int, at *influx.Site) {
	for len(w.lots) <= n {
		w.lots = append(w.lots, lot{batch: influx.NewBatch()})
	}
	last := len(w.points) - 1
	l := &w.lots[n]
	l.batch.AddAt(&w.points[last], at)
	l.points = append(l.points, int32(last))
	w.owner = append(w.owner, int32(len(w.messages)))
}

// origin returns the message that a line of a lot is of.
func (w *work) origin(l *lot, line int) park.Origin {
	m := &w.messages[w.owner[l.points[line]]]
	return park.Origin{Record: w.records[m.record].entry.Seq, Index: int(m.index)}
}

// maxWorkBytes bounds the payloads that a work holds: of messages that make no
// lines, many would fit.
const maxWorkBytes = 8 << 20

// full tells whether the work should go to the writer.
func (w *work) full(lines int) bool { return len(w.points) >= lines || w.bytes >= maxWorkBytes }

func (w *work) reset() {
	for i := range w.lots {
		w.lots[i].batch.Reset()
		w.lots[i].points = w.lots[i].points[:0]
	}
	clear(w.messages)
	clear(w.refused)
	clear(w.records)
	w.points, w.owner, w.messages = w.points[:0], w.owner[:0], w.messages[:0]
	w.refused, w.records = w.refused[:0], w.records[:0]
	w.bytes, w.last, w.endsPage, w.commits = 0, journal.Entry{}, false, false
}

// next returns the following point of the slab, with its memory.
func (w *work) next() *ingest.Point {
	n := len(w.points)
	if n < cap(w.points) {
		w.points = w.points[:n+1]
	} else {
		w.points = append(w.points, ingest.Point{})
	}
	p := &w.points[n]
	*p = ingest.Point{Tags: p.Tags[:0], Fields: p.Fields[:0]}
	return p
}

// drop takes the last point back, one that turned out to hold nothing.
func (w *work) drop() { w.points = w.points[:len(w.points)-1] }
