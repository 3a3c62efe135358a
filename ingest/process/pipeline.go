package process

import (
	"errors"
	"slices"
	"strings"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/scrub"
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
	decoders *decoders
	memory   *memory
	snapshot *devices.Snapshot
	routes   *ingest.Routes
	tags     interner
	lots     lots
	movers   *movers
	look     *look // nil in the processor itself

	record   record.Record
	upcoming upcoming
	readings ingest.Readings
	msg      current
	suspects []suspect // of the reading under way
	checks   *checks   // nil: values are compared with none before
	tracks   tracks
	series   series
}

// current is the message under way.
type current struct {
	*ingest.Message
	expected   devices.Expected
	route      *ingest.Route
	identity   string          // of the last reading's device, as the message gives it
	device     *devices.Device // of the last reading that has one
	number     int             // of device, in the registry
	track      *track          // of device
	position   *geo.Point      // of the last reading, as the payload says it
	comune     string
	refused    []ingest.Refusal
	points     int
	duplicates int
	outside    int  // points that the look leaves alone
	wanted     bool // it holds a reading that the look is about
	anchors    anchors
}

func newPipeline(o Options) *pipeline {
	return &pipeline{opt: o, decoders: newDecoders(o.Decoder, o.Logger), memory: newMemory(), checks: newChecks(), tags: interner{}, lots: lotsOf(o.Targets), movers: newMovers(o.Zone)}
}

// run takes the messages of the open record into w.
func (p *pipeline) run(e journal.Entry, w *work) error {
	p.snapshot, p.routes = p.opt.Registry.Snapshot(), p.opt.Routes()
	h := p.record.Header
	h.Doors = slices.Clone(h.Doors)
	w.records = append(w.records, entered{entry: e, header: h})
	var last time.Time
	for {
		n := p.upcoming.take(&p.record, p.snapshot, p.tracks)
		if n == 0 {
			break
		}
		for i := range n {
			m := &p.upcoming.messages[i]
			m.Seq, last = e.Seq, m.Received
			p.message(m, p.upcoming.expected[i], w)
		}
	}
	p.speak(last)
	return p.record.Err()
}

func (p *pipeline) message(m *ingest.Message, e devices.Expected, w *work) {
	p.msg = current{Message: m, expected: e, refused: p.msg.refused[:0]}
	p.readings.Reset()
	p.look.open(m)
	switch err := p.decode(); {
	case err == nil:
	case errors.Is(err, errPassedOver):
		return
	default:
		p.refuse(asRefusal(err))
		p.attribute()
	}
	list := p.readings.All()
	p.msg.anchors = anchorsOf(list, m.Received)
	for i := range list {
		p.reading(&list[i], w)
	}
	for i := range p.readings.Refused {
		p.refuse(&p.readings.Refused[i])
	}
	if !p.look.ignores(&p.msg) {
		p.conclude(w)
	}
}

// decode finds the route and lets its format's decoder fill p.readings.
func (p *pipeline) decode() error {
	m := &p.msg
	if m.route = p.routes.ByName(m.Route); m.route == nil {
		if m.route = p.routes.ByName(p.routes.Match(m.Topic)); m.route == nil {
			return p.noRoute()
		}
	}
	m.comune = m.route.Comune
	if p.look.passesOver(p) {
		return errPassedOver
	}
	if refusal := scrub.Refused(m.Payload); refusal != nil {
		return refusal
	}
	return p.decoders.decode(m.route, m.Message, &p.readings)
}

// reading takes one reading through the other stages.
func (p *pipeline) reading(r *ingest.Reading, w *work) {
	d, refusal := p.resolve(r)
	if !p.look.wants(&p.msg) {
		return
	}
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	speaks(r)
	m, refusal := measurementOf(r, d.Kind)
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	clock := p.clock()
	at, refusal := clock.timeOf(r, p.msg.Message, &p.msg.anchors)
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	p.msg.position = r.Position
	p.report()
	p.tracing().clock(clock, r, p.msg.Received, at)
	p.suspects = p.suspects[:0]
	if pt := p.fill(r, m, at, w); pt != nil {
		p.finish(pt, at, w)
	}
	if r.Measurement == "" && m != ofDevice {
		if pt := p.fill(r, ofDevice, at, w); pt != nil {
			p.finish(pt, at, w)
		}
	}
	p.setAside(at, w)
}

// fill normalizes what r says about one measurement into the following point
// of w. It returns nil when that is nothing.
func (p *pipeline) fill(r *ingest.Reading, m *schema.Measurement, at stamp, w *work) *ingest.Point {
	pt := w.next()
	pt.Measurement, pt.Device, pt.Time = m, p.msg.device, at.time
	pt.Quality = r.Quality | at.quality
	aside := len(p.suspects)
	p.normalize(r, pt)
	if len(pt.Fields) == 0 && len(p.suspects) == aside {
		w.drop()
		return nil
	}
	if r.Measurement != "" || m != ofDevice { // the tags are the other measurement's
		if refusal := p.extraTags(pt, r.Tags); refusal != nil {
			p.refuse(refusal)
			p.suspects = p.suspects[:aside]
			w.drop()
			return nil
		}
	}
	if len(pt.Fields) == 0 {
		w.drop()
		return nil
	}
	return pt
}

// finish locates and encodes a point, unless it is a duplicate. What comes out
// of quarantine is written in any case: it may be known and yet not stored.
func (p *pipeline) finish(pt *ingest.Point, at stamp, w *work) {
	v := p.memory.note(seenOf(pt))
	if p.msg.Door != quarantine.ReplayDoor {
		for v == corrected && at.received { // not the same reading: two that came in one moment
			pt.Time = pt.Time.Add(time.Nanosecond)
			v = p.memory.note(seenOf(pt))
		}
		if v == repeated && !p.look.writesAgain() {
			p.msg.duplicates++
			p.tracing().note(NoteDuplicate, pt.Measurement.Name, "", "", "the same reading with the same values is stored already")
			w.drop()
			return
		}
	}
	if v == corrected {
		p.opt.Metrics.corrections.Inc()
		p.tracing().note(NoteCorrection, pt.Measurement.Name, "", "", "the same reading came before with other values; this one wins")
	}
	if !p.look.keeps(&p.msg, pt) {
		p.msg.outside++
		w.drop()
		return
	}
	if refusal := p.afford(pt); refusal != nil {
		p.refuse(refusal)
		w.drop()
		return
	}
	p.locate(pt)
	p.tracing().point(pt)
	if p.msg.Door != ingest.ImportDoor { // who has a history has not spoken now
		pt.Received = p.msg.Received
	}
	w.add(p.lots.of(pt), &p.msg.track.site)
	p.msg.points++
}

// refuse notes a refusal of the message or of one of its fields.
func (p *pipeline) refuse(r *ingest.Refusal) {
	p.opt.Metrics.refused.WithLabelValues(string(r.Reason)).Inc()
	p.msg.refused = append(p.msg.refused, *r)
}

// conclude decides what became of the message, as far as the store does not
// change it.
func (p *pipeline) conclude(w *work) {
	m := &p.msg
	out := message{
		key: ledger.Key{Door: m.Door, Comune: m.comune}, outcome: ledger.Stored,
		lines: int32(m.points), bytes: int32(len(m.Payload)), record: int32(len(w.records) - 1), index: int32(m.Index),
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
		e.Device, e.Comune = strings.Clone(m.identity), m.comune
		w.refused = append(w.refused, e)
	}
	if n := len(p.readings.Unknown); n > 0 && m.device != nil {
		p.opt.Metrics.unknownFields.Add(float64(n))
		p.opt.Unknown.add(m.device.ID, p.readings.Unknown)
	}
	p.tell()
	p.look.end(m, &p.readings, out.outcome.String())
	w.messages = append(w.messages, out)
	w.bytes += len(m.Payload)
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
