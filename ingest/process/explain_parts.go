package process

import (
	"slices"

	"rione/ingest"
	"rione/ingest/schema"
)

// partsOf divides a reading that leaves its measurement to the kind of a device
// that nobody knows here: among the measurements that have its values, the
// likeliest kind's first, each value once, and what every device can say last.
// Values that no measurement has are listed in out as unknown. A reading that
// names its measurement is one part.
func partsOf(r *ingest.Reading, out *ingest.Readings) []ingest.Reading {
	if r.Measurement != "" {
		return []ingest.Reading{*r}
	}
	var parts []ingest.Reading
	rest := *r
	rest.Values, rest.Tags = slices.Clone(r.Values), nil
	for len(rest.Values) > 0 {
		m := likeliestMeasurement(&rest)
		part := rest
		part.Measurement, part.Values = m.Name, nil
		left := rest.Values[:0]
		for _, v := range rest.Values {
			switch {
			case m.Field(v.Field) != nil:
				part.Values = append(part.Values, v)
			case m == ofDevice: // which is the last
				out.Unknown = append(out.Unknown, v.Field)
			default:
				left = append(left, v)
			}
		}
		rest.Values = left
		if len(part.Values) > 0 {
			parts = append(parts, part)
		}
	}
	shareTags(parts, r.Tags)
	return parts
}

// likeliestMeasurement returns the measurement of the likeliest kind, that of
// the device itself when no kind has any of the values.
func likeliestMeasurement(r *ingest.Reading) *schema.Measurement {
	m, refusal := measurementOf(r, likeliestKind(r))
	if refusal != nil {
		return ofDevice
	}
	return m
}

// shareTags gives each tag to the parts whose measurement has it, to the first
// part, which will refuse it, when none has.
func shareTags(parts []ingest.Reading, tags []ingest.Tag) {
	for _, t := range tags {
		taken := false
		for i := range parts {
			if schema.Lookup(parts[i].Measurement).Tag(t.Name) != nil {
				parts[i].Tags = append(parts[i].Tags, t)
				taken = true
			}
		}
		if !taken && len(parts) > 0 {
			parts[0].Tags = append(parts[0].Tags, t)
		}
	}
}
