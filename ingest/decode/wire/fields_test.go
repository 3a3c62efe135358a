package wire

import (
	"testing"

	"rione/ingest/schema"
)

func TestField(t *testing.T) {
	f := func(measurement, name, unit string) {
		t.Helper()
		got := Field(schema.Lookup(measurement), name)
		switch {
		case unit == "-" && got != nil:
			t.Errorf("%s.%s: %+v, want none", measurement, name, got)
		case unit != "-" && (got == nil || got.Name != name || got.Unit != unit):
			t.Errorf("%s.%s: %+v, want unit %q", measurement, name, got, unit)
		}
	}
	f("air", "temp_c", "Cel")
	f("air", "battery_pct", "-")
	f("", "temp_c", "Cel") // of a kind that is not known yet
	f("", "fill_pct", "%")
	f("", "battery_pct", "-") // a device's own, whatever its kind: see DeviceField
	f("", "acked", "-")       // of the ledger, which no payload writes
	f("", "mood", "-")
	if got := DeviceField("battery_pct"); got == nil || got.Unit != "%" {
		t.Errorf("battery_pct of a device: %+v", got)
	}
	if got := DeviceField("temp_c"); got != nil {
		t.Errorf("temp_c of a device: %+v", got)
	}
}

func TestTag(t *testing.T) {
	f := func(measurement, name string, want bool) {
		t.Helper()
		if got := Tag(schema.Lookup(measurement), name); (got != nil) != want || got != nil && got.Name != name {
			t.Errorf("%s,%s: %+v", measurement, name, got)
		}
	}
	f("wifi_radio", "band", true)
	f("wifi_radio", "lane", false)
	f("", "lane", true)
	f("", "band", true)
	f("", "of", false)         // of suspect
	f("", "initiative", false) // of indicator
	f("", "mood", false)
}

// TestOfDevices holds that a payload can write what devices measure, and nothing
// that rione says itself.
func TestOfDevices(t *testing.T) {
	own := map[string]bool{"suspect": true, "event": true, "indicator": true, "ledger": true}
	for _, m := range schema.All() {
		if OfDevices(m) == own[m.Name] {
			t.Errorf("%s is of devices: %v", m.Name, OfDevices(m))
		}
	}
}
