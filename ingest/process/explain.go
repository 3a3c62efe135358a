package process

import (
	"slices"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

// Explained is a point as a person reads it.
type Explained struct {
	Device      string            `json:"device"`
	Measurement string            `json:"measurement"`
	Tags        map[string]string `json:"tags"`
	Time        time.Time         `json:"time"`
	Fields      map[string]any    `json:"fields"`
	Q           ingest.Quality    `json:"q"`
}

// Explain says what a message means without asking the registry, as an Explainer
// does that is used once.
func Explain(d ingest.Decoder, m *ingest.Message) (points []Explained, notes []Note, refused []ingest.Refusal, err error) {
	return NewExplainer(d, UseServerTime).Explain(m)
}

// Explainer says what messages mean without asking the registry. It is used by one
// goroutine at a time and reuses its memory.
type Explainer struct {
	decoder  ingest.Decoder
	pipeline *pipeline
	work     *work
}

// NewExplainer returns an explainer of one format.
func NewExplainer(d ingest.Decoder, clock ClockPolicy) *Explainer {
	p := newPipeline(Options{Metrics: NewMetrics(nil), Clock: clock})
	p.checks = nil // one message says nothing of those before
	return &Explainer{decoder: d, pipeline: p, work: newWork()}
}

// Explain decodes and normalizes as the processor does, and takes the device as the
// message names it. A reading that leaves its measurement to the device's kind is
// shown whole, in as many measurements as have its values; of these the processor
// keeps the kind's. It returns the points, what was changed on the way or kept out,
// the fields that were refused, and an error of type *ingest.Refusal when the
// message means nothing.
func (e *Explainer) Explain(m *ingest.Message) (points []Explained, notes []Note, refused []ingest.Refusal, err error) {
	p, w := e.pipeline, e.work
	p.look = &look{trace: &Trace{}}
	p.msg = current{Message: m}
	p.readings.Reset()
	w.reset()
	if err := e.decoder.Decode(m, &p.readings); err != nil {
		return nil, nil, nil, asRefusal(err)
	}
	list := p.readings.All()
	p.msg.anchors = anchorsOf(list, m.Received)
	for i := range list {
		speaks(&list[i])
		for _, part := range partsOf(&list[i], &p.readings) {
			p.explain(&part, w)
		}
	}
	for i := range w.points {
		points = append(points, explained(&w.points[i]))
	}
	p.look.trace.unknown(p.readings.Unknown)
	p.look.trace.absent(p.readings.Absent)
	notes = p.look.trace.Notes
	refused = append(p.msg.refused, p.readings.Refused...)
	switch {
	case len(points) > 0:
		return points, notes, refused, nil
	case len(refused) > 0:
		return nil, notes, refused, &refused[0]
	}
	return nil, notes, nil, nothingKnown(&p.readings)
}

func (p *pipeline) explain(r *ingest.Reading, w *work) {
	p.msg.device = &devices.Device{ID: r.Device}
	m, refusal := measurementOf(r, devices.Gateway) // which it names
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	at, refusal := p.opt.Clock.timeOf(r, p.msg.Message, &p.msg.anchors)
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	at.quality &^= ingest.Late // how old a file is says nothing of the device
	p.tracing().clock(p.opt.Clock, r, p.msg.Received, at)
	p.suspects = p.suspects[:0]
	p.fill(r, m, at, w)
	for i := range p.suspects {
		p.tracing().suspect(&p.suspects[i])
		p.suspectPoint(&p.suspects[i], at, w)
	}
}

// likeliestKind returns the first kind of device that has most of r's fields,
// a gateway when none has any. Sensors come before the equipment of networks:
// a temperature alone is the air's and not an access point's.
func likeliestKind(r *ingest.Reading) devices.Kind {
	best, most := devices.Gateway, 0
	kinds := devices.Kinds()
	sensors := slices.Index(kinds, devices.Air)
	for _, k := range slices.Concat(kinds[sensors:], kinds[:sensors]) {
		list := measurementsOf(k)
		if list == nil {
			list = []*schema.Measurement{schema.DefaultOf(string(k))}
		}
		if _, n := likeliest(r, list); n > most {
			best, most = k, n
		}
	}
	return best
}

func explained(pt *ingest.Point) Explained {
	e := Explained{
		Device: pt.Device.ID, Measurement: pt.Measurement.Name, Tags: map[string]string{},
		Time: pt.Time.UTC(), Fields: map[string]any{}, Q: pt.Quality,
	}
	for _, t := range pt.Tags {
		e.Tags[t.Name] = t.Value
	}
	for _, f := range pt.Fields {
		switch f.Field.Type {
		case schema.Float:
			e.Fields[f.Field.Name] = f.Float
		case schema.Int:
			e.Fields[f.Field.Name] = f.Int
		case schema.Text:
			e.Fields[f.Field.Name] = f.Text
		}
	}
	return e
}
