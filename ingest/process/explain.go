package process

import (
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

// Explain says what a message means without asking the registry: it decodes and
// normalizes as the processor does, and takes the device as the message names
// it. Of a reading that leaves its measurement to the device's kind, the
// measurement is the first one that has most of its fields. It returns the
// points, the fields that were refused, and an error of type *ingest.Refusal
// when the message means nothing.
func Explain(d ingest.Decoder, m *ingest.Message) (points []Explained, refused []ingest.Refusal, err error) {
	p := newPipeline(Options{Metrics: NewMetrics(nil), Clock: UseServerTime})
	p.msg = current{Message: m}
	if err := d.Decode(m, &p.readings); err != nil {
		return nil, nil, asRefusal(err)
	}
	list := p.readings.All()
	p.msg.anchor = anchorOf(list, m.Received)
	w := newWork()
	for i := range list {
		p.explain(&list[i], w)
	}
	for i := range w.points {
		points = append(points, explained(&w.points[i]))
	}
	refused = append(p.msg.refused, p.readings.Refused...)
	switch {
	case len(points) > 0:
		return points, refused, nil
	case len(refused) > 0:
		return nil, refused, &refused[0]
	}
	return nil, nil, nothingKnown(&p.readings)
}

func (p *pipeline) explain(r *ingest.Reading, w *work) {
	state := &deviceState{device: &devices.Device{ID: r.Device}}
	m := schema.Lookup(r.Measurement)
	if r.Measurement == "" {
		m = likeliest(r)
	}
	if m == nil {
		p.refuse(&ingest.Refusal{Reason: ingest.UnknownField, Field: r.Measurement, Detail: "there is no such measurement"})
		return
	}
	at, refusal := p.opt.Clock.timeOf(r, p.msg.Message, p.msg.anchor)
	if refusal != nil {
		p.refuse(refusal)
		return
	}
	at.quality &^= ingest.Late // how old a file is says nothing of the device
	p.fill(r, m, state, at, w)
	if r.Measurement == "" && m.Name != "device" {
		p.fill(r, schema.Lookup("device"), state, at, w)
	}
	for _, s := range state.suspects {
		pt := w.next()
		s.fill(p, pt, at)
		pt.Device = state.device
	}
}

// likeliest returns the kind's measurement that knows most of r's fields.
func likeliest(r *ingest.Reading) *schema.Measurement {
	var best *schema.Measurement
	most := 0
	for _, k := range devices.Kinds() {
		m := schema.DefaultOf(string(k))
		n := 0
		for i := range r.Values {
			if m.Field(r.Values[i].Field) != nil {
				n++
			}
		}
		if n > most {
			best, most = m, n
		}
	}
	if best == nil {
		return schema.Lookup("device")
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
