package process

import (
	"rione/ingest"
	"rione/ingest/schema"
)

// suspects writes the values that were set aside to the measurement suspect,
// so that means of the canonical fields stay clean and nobody wonders where a
// value went.
func (p *pipeline) suspects(state *deviceState, at stamp, w *work) {
	m := schema.Lookup("suspect")
	for _, s := range state.suspects {
		pt := w.next()
		pt.Measurement, pt.Device, pt.Time, pt.Quality = m, state.device, at.time, at.quality
		pt.Tags = append(pt.Tags, ingest.Tag{Name: "of", Value: p.tags.intern(s.measurement.Name + "." + s.field.Name)})
		pt.Fields = append(pt.Fields,
			ingest.FieldValue{Field: m.Field("value"), Float: s.value},
			ingest.FieldValue{Field: m.Field("bits"), Int: int64(s.bits)})
		p.locate(pt)
		p.opt.Metrics.suspects.Inc()
		p.encode(pt, w)
	}
	state.suspects = state.suspects[:0]
}
