package rollup

import "rione/ingest/schema"

// source is a bucket of readings.
type source struct {
	bucket string
	moving bool
}

// eachSource calls f for the bucket of fixed things, and for that of moving ones
// if there is one.
func (r *Runner) eachSource(f func(source) error) error {
	if err := f(source{bucket: r.opt.Bucket}); err != nil || r.opt.Movers == "" {
		return err
	}
	return f(source{r.opt.Movers, true})
}

// series returns by which tags the readings of a measurement are one series. A
// thing that moves has readings in many cells and zones, which its windows have
// not: a counter goes on from one to the next.
func (s source) series(m *schema.Measurement) []string {
	if !s.moving {
		return nil // by all
	}
	tags := []string{"comune", "device_id"}
	for i := range m.Tags {
		tags = append(tags, m.Tags[i].Name)
	}
	return tags
}
