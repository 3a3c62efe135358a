package process

import (
	"rione/ingest"
	"rione/ingest/schema"
)

// suspects writes the values that were set aside to the measurement suspect,
// so that means of the canonical fields stay clean and nobody wonders where a
// value went.
func (p *pipeline) suspects(state *deviceState, at stamp, w *work) {
	for _, s := range state.suspects {
		pt := w.next()
		s.fill(p, pt, at)
		pt.Device = state.device
		p.locate(pt)
		p.opt.Metrics.suspects.Inc()
		p.encode(pt, w)
	}
	state.suspects = state.suspects[:0]
}

// fill makes the point of a suspect value.
func (s *suspect) fill(p *pipeline, pt *ingest.Point, at stamp) {
	m := schema.Lookup("suspect")
	pt.Measurement, pt.Time, pt.Quality = m, at.time, at.quality
	pt.Tags = append(pt.Tags, ingest.Tag{Name: "of", Value: p.tags.intern(s.measurement.Name + "." + s.field.Name)})
	pt.Fields = append(pt.Fields,
		ingest.FieldValue{Field: m.Field("value"), Float: s.value},
		ingest.FieldValue{Field: m.Field("bits"), Int: int64(s.bits)})
}
