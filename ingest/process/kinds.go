package process

import (
	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

// measurementsOf returns the measurements among which a reading of a kind
// belongs when it names none. The kind's default stands first.
func measurementsOf(k devices.Kind) []*schema.Measurement {
	switch k {
	case devices.Parking:
		return parkingMeasurements[:]
	case devices.BBProbe:
		return probeMeasurements[:]
	}
	return nil
}

var (
	parkingMeasurements = [...]*schema.Measurement{schema.Lookup("parking_spot"), schema.Lookup("parking_area")}
	probeMeasurements   = [...]*schema.Measurement{schema.Lookup("bb_probe"), schema.Lookup("bb_speed")}
	ofDevice            = schema.Lookup("device")
	ofSuspects          = schema.Lookup("suspect")
	ofFault             = schema.Lookup("light").Field("fault")
)

// measurementOf returns the measurement of a reading: the one it names, else
// the one of the device's kind that knows most of its fields.
func measurementOf(r *ingest.Reading, k devices.Kind) (*schema.Measurement, *ingest.Refusal) {
	if r.Measurement == "" {
		if list := measurementsOf(k); list != nil {
			best, _ := likeliest(r, list)
			return best, nil
		}
		return schema.DefaultOf(string(k)), nil
	}
	if m := schema.Lookup(r.Measurement); m != nil && !ours(m) {
		return m, nil
	}
	return nil, &ingest.Refusal{Reason: ingest.UnknownField, Field: r.Measurement, Detail: "there is no such measurement of devices; /v1/schema lists them"}
}

// ours tells which measurements rione alone writes.
func ours(m *schema.Measurement) bool {
	return m == ofSuspects || m.Name == "ledger" || m.Name == "indicator"
}

// likeliest returns the first of the measurements that know most of r's fields,
// and how many that are.
func likeliest(r *ingest.Reading, list []*schema.Measurement) (best *schema.Measurement, known int) {
	for _, m := range list {
		n := 0
		for i := range r.Values {
			if m.Field(r.Values[i].Field) != nil {
				n++
			}
		}
		if best == nil || n > known {
			best, known = m, n
		}
	}
	return best, known
}
