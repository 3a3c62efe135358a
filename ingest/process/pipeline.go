package process

import (
	"errors"
	"slices"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/ledger"
	"rione/ingest/quarantine"
	"rione/ingest/record"
	"rione/ingest/schema"
)

// pipeline is the way of a message: decode, resolve, normalize, locate, encode.
// It is used by one goroutine and reuses its memory.
type pipeline struct {
	opt      Options
	decoders map[string]ingest.Decoder
	states   map[string]*deviceState // by device id
	snapshot *devices.Snapshot
	routes   *ingest.Routes
	tags     interner

	record   record.Record
	readings ingest.Readings
	msg      current
}

// current is the message under way.
type current struct {
	*ingest.Message
	route      *ingest.Route
	device     string // identity of the last reading
	comune     string
	refused    []ingest.Refusal
	points     int
	duplicates int
	anchor     anchor
}

func newPipeline(o Options) *pipeline {
	return &pipeline{opt: o, decoders: map[string]ingest.Decoder{}, states: map[string]*deviceState{}, tags: interner{}}
}

// run takes the messages of the open record into w.
func (p *pipeline) run(e journal.Entry, w *work) error {
	if err := p.record.Err(); err != nil {
		return err
	}
	p.snapshot, p.routes = p.opt.Registry.Snapshot(), p.opt.Routes()
	h := p.record.Header
	h.Doors = slices.Clone(h.Doors)
	w.records = append(w.records, entered{entry: e, header: h})
	var m ingest.Message
	for p.record.Next(&m) {
		m.Seq = e.Seq
		p.message(&m, w)
	}
	return p.record.Err()
}

func (p *pipeline) message(m *ingest.Message, w *work) {
	first := len(w.points)
	p.msg = current{Message: m, refused: p.msg.refused[:0]}
	p.readings.Reset()
	if err := p.decode(); err != nil {
		p.refuse(asRefusal(err))
	}
	list := p.readings.All()
	p.msg.anchor = anchorOf(list, m.Received)
	for i := range list {
		p.reading(&list[i], w)
	}
	for i := range p.readings.Refused {
		p.refuse(&p.readings.Refused[i])
	}
	p.conclude(w, len(w.points)-first)
}

// decode finds the route and lets its format's decoder fill p.readings.
func (p *pipeline) decode() error {
	m := &p.msg
	if m.route = p.routes.ByName(m.Route); m.route == nil {
		if m.route = p.routes.ByName(p.routes.Match(m.Topic)); m.route == nil {
			return ingest.Refuse(ingest.NoRoute, "no route fits the topic "+m.Topic)
		}
	}
	m.comune = m.route.Comune
	d := p.decoder(m.route.Format)
	if d == nil {
		return ingest.Refuse(ingest.UnknownFormat, "the route "+m.route.Name+" names the format "+m.route.Format+", which does not exist")
	}
	return d.Decode(m.Message, &p.readings)
}

func (p *pipeline) decoder(format string) ingest.Decoder {
	d, ok := p.decoders[format]
	if !ok {
		d = p.opt.Decoder(format)
		p.decoders[format] = d
	}
	return d
}

// reading takes one reading through the other stages.
func (p *pipeline) reading(r *ingest.Reading, w *work) {
	state, refusal := p.resolve(r)
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	m, err := measurementOf(r, state.device)
	if err != nil {
		p.refuse(err)
		return
	}
	at, refusal := p.opt.Clock.timeOf(r, p.msg.Message, p.msg.anchor)
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	p.point(r, m, state, at, w)
	if r.Measurement == "" && m.Name != "device" {
		p.point(r, schema.Lookup("device"), state, at, w)
	}
	p.suspects(state, at, w)
}

// point normalizes, locates and encodes what r says about one measurement.
func (p *pipeline) point(r *ingest.Reading, m *schema.Measurement, state *deviceState, at stamp, w *work) {
	pt := p.fill(r, m, state, at, w)
	if pt == nil {
		return
	}
	p.locate(pt)
	if state.seenBefore(pt) && p.msg.Door != quarantine.ReplayDoor {
		p.msg.duplicates++
		w.drop()
		return
	}
	p.encode(pt, w)
}

// fill normalizes what r says about one measurement into the following point
// of w. It returns nil when that is nothing.
func (p *pipeline) fill(r *ingest.Reading, m *schema.Measurement, state *deviceState, at stamp, w *work) *ingest.Point {
	pt := w.next()
	pt.Measurement, pt.Device, pt.Time = m, state.device, at.time
	pt.Quality = r.Quality | at.quality
	p.normalize(r, pt, state)
	if len(pt.Fields) == 0 {
		w.drop()
		return nil
	}
	if refusal := p.tags.take(pt, r.Tags); refusal != nil {
		p.refuse(refusal)
		w.drop()
		return nil
	}
	return pt
}

func (p *pipeline) encode(pt *ingest.Point, w *work) {
	w.batch.Add(pt)
	w.owner = append(w.owner, int32(len(w.messages)))
	p.msg.points++
}

// refuse notes a refusal of the message or of one of its fields.
func (p *pipeline) refuse(r *ingest.Refusal) {
	p.opt.Metrics.refused.WithLabelValues(string(r.Reason)).Inc()
	p.msg.refused = append(p.msg.refused, *r)
}

// conclude decides what became of the message, as far as the store does not
// change it.
func (p *pipeline) conclude(w *work, lines int) {
	m := &p.msg
	out := message{
		key: ledger.Key{Door: m.Door, Comune: m.comune}, outcome: ledger.Stored,
		lines: int32(lines), bytes: int32(len(m.Payload)), record: int32(len(w.records) - 1), index: int32(m.Index),
	}
	if m.points == 0 && m.duplicates == 0 && len(m.refused) == 0 {
		p.refuse(nothingKnown(&p.readings))
	}
	switch {
	case len(m.refused) > 0 && m.points == 0:
		out.outcome = ledger.Quarantined
	case len(m.refused) > 0:
		out.outcome = ledger.Partial
	case m.points == 0:
		out.outcome = ledger.Duplicate
	}
	if len(m.refused) > 0 {
		e := quarantine.NewEntry(m.Message, &m.refused[0])
		e.Device, e.Comune = m.device, m.comune
		w.refused = append(w.refused, e)
	}
	w.messages = append(w.messages, out)
}

func nothingKnown(rs *ingest.Readings) *ingest.Refusal {
	if len(rs.Unknown) > 0 {
		return &ingest.Refusal{Reason: ingest.UnknownField, Field: rs.Unknown[0], Detail: "no field of the message is known to its measurement; /v1/schema lists the names"}
	}
	return ingest.Refuse(ingest.Empty, "the message holds no value")
}

func asRefusal(err error) *ingest.Refusal {
	var r *ingest.Refusal
	if errors.As(err, &r) {
		return r
	}
	return ingest.Refuse(ingest.Unparsable, err.Error())
}

func measurementOf(r *ingest.Reading, d *devices.Device) (*schema.Measurement, *ingest.Refusal) {
	if r.Measurement == "" {
		return schema.DefaultOf(string(d.Kind)), nil
	}
	if m := schema.Lookup(r.Measurement); m != nil {
		return m, nil
	}
	return nil, &ingest.Refusal{Reason: ingest.UnknownField, Field: r.Measurement, Detail: "there is no such measurement; /v1/schema lists them"}
}
