package process

import (
	"rione/ingest"
	"rione/ingest/schema"
)

// suspect is a value that failed a check.
type suspect struct {
	measurement *schema.Measurement
	field       *schema.Field
	value       float64
	bits        ingest.Quality
}

// setAside writes the values that failed a check to the measurement suspect, so
// that means of the canonical fields stay clean and nobody wonders where a value
// went.
func (p *pipeline) setAside(at stamp, w *work) {
	for i := range p.suspects {
		p.tracing().suspect(&p.suspects[i])
		pt := p.suspectPoint(&p.suspects[i], at, w)
		p.opt.Metrics.suspects.Inc()
		p.finish(pt, at, w)
	}
}

// suspectPoint makes the point of a suspect value.
func (p *pipeline) suspectPoint(s *suspect, at stamp, w *work) *ingest.Point {
	pt := w.next()
	pt.Measurement, pt.Device, pt.Time, pt.Quality = ofSuspects, p.msg.device, at.time, at.quality
	pt.Tags = append(pt.Tags, ingest.Tag{Name: "of", Value: p.tags.intern(s.measurement.Name + "." + s.field.Name)})
	pt.Fields = append(pt.Fields,
		ingest.FieldValue{Field: ofSuspects.Field("value"), Float: s.value},
		ingest.FieldValue{Field: ofSuspects.Field("bits"), Int: int64(s.bits)})
	return pt
}
