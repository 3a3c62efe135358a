package wire

import (
	"rione/ingest/schema"
)

// DeviceMeasurement holds what every kind of device can say of itself.
const DeviceMeasurement = "device"

// Field returns the field of that canonical name in m. A nil m stands for the
// default measurement of a kind that is not known yet: then any measurement
// of devices may lend the field, and normalization has the last word.
func Field(m *schema.Measurement, name string) *schema.Field {
	if m != nil {
		return m.Field(name)
	}
	return anyField[name]
}

// Tag returns the extra tag of that name in m, or in any measurement of devices
// for a nil m.
func Tag(m *schema.Measurement, name string) *schema.Tag {
	if m != nil {
		return m.Tag(name)
	}
	return anyTag[name]
}

// DeviceField returns the field of that name that a device has beside those of
// its kind, such as battery_pct, or nil.
func DeviceField(name string) *schema.Field { return deviceMeasurement.Field(name) }

// OfDevices tells whether payloads may name the measurement: those that rione
// itself writes are out of their reach.
func OfDevices(m *schema.Measurement) bool {
	switch m.Name {
	case "suspect", "event", "indicator", "ledger":
		return false
	}
	return true
}

var deviceMeasurement = schema.Lookup(DeviceMeasurement)

var anyField = func() map[string]*schema.Field {
	out := map[string]*schema.Field{}
	for _, m := range schema.All() {
		if !OfDevices(m) || m == deviceMeasurement {
			continue
		}
		for i := range m.Fields {
			if f := &m.Fields[i]; out[f.Name] == nil {
				out[f.Name] = f
			}
		}
	}
	return out
}()

var anyTag = func() map[string]*schema.Tag {
	out := map[string]*schema.Tag{}
	for _, m := range schema.All() {
		for i := range m.Tags {
			if t := &m.Tags[i]; OfDevices(m) && out[t.Name] == nil {
				out[t.Name] = t
			}
		}
	}
	return out
}()
