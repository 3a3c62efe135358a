package devices_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"rione/devices"
)

func TestValidate(t *testing.T) {
	f := func(change func(d *devices.Device), want string) {
		t.Helper()
		d := device(t, "air-1")
		change(&d)
		c := devices.ChangeSet{Author: "anna", Put: []devices.Device{d}}
		err := c.Validate()
		switch {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	long := strings.Repeat("x", 300)
	f(func(*devices.Device) {}, "")
	f(func(d *devices.Device) { d.ID = "abc" }, "")
	f(func(d *devices.Device) { d.ID = "ab" }, "device_id")
	f(func(d *devices.Device) { d.ID = strings.Repeat("a", 65) }, "device_id")
	f(func(d *devices.Device) { d.ID = "Air-1" }, "device_id")
	f(func(d *devices.Device) { d.ID = "air/1" }, "device_id")
	f(func(d *devices.Device) { d.ID = "air-1\n" }, "device_id")
	f(func(d *devices.Device) { d.ID = "export" }, "device_id") // GET /v1/devices/export is another thing
	f(func(d *devices.Device) { d.Kind = "toaster" }, "use one of")
	f(func(d *devices.Device) { d.Name = "Città «è»" }, "")
	f(func(d *devices.Device) { d.Name = long }, "longer than")
	f(func(d *devices.Device) { d.Name = "a\x00b" }, "control")
	f(func(d *devices.Device) { d.Name = "a\xffb" }, "UTF-8")
	f(func(d *devices.Device) { d.Format = "Tasmota!" }, "format")
	f(func(d *devices.Device) { d.ExternalID = "os::012345-abc" }, "")
	f(func(d *devices.Device) { d.ExternalID = "ABC" }, "lower case")
	f(func(d *devices.Device) { d.ExternalID = "a b" }, "visible")
	f(func(d *devices.Device) { d.ExternalID = long }, "longer than")
	f(func(d *devices.Device) { d.Interval = -1 }, "interval_s")
	f(func(d *devices.Device) { d.Interval = 40 * 24 * time.Hour }, "interval_s")
	f(func(d *devices.Device) { d.Placements = nil }, "there is none")
	f(func(d *devices.Device) { d.Placements = make([]devices.Placement, 1001) }, "more than 1000")
	f(func(d *devices.Device) { d.Placements = append(d.Placements, d.Placements[0]) }, "valid_from is not after")
	f(func(d *devices.Device) { d.Placements[0].Comune = "58091" }, "leading zeros")
	f(func(d *devices.Device) { d.Placements[0].Zone = "a\tb" }, "control")
	f(func(d *devices.Device) { d.Placements[0].Point.Lat = 91 }, "latitude")
	f(func(d *devices.Device) { d.Placements[0].Cell = "1234" }, "s2_cell_id")
}

func TestValidateChangeSet(t *testing.T) {
	f := func(c devices.ChangeSet, want string) {
		t.Helper()
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	put := []devices.Device{device(t, "air-1")}
	f(devices.ChangeSet{Put: put}, "author is missing")
	f(devices.ChangeSet{Author: strings.Repeat("a", 129), Put: put}, "author is longer")
	f(devices.ChangeSet{Author: "anna", Note: "a\nb", Put: put}, "note holds control")
	f(devices.ChangeSet{Author: "anna", Put: append(put, put...)}, "twice")
}

func TestJSONKeepsEverythingButTheSecret(t *testing.T) {
	want := device(t, "air-1")
	want.Name, want.Interval, want.Premises, want.ExternalID = "Via Appia", 90*time.Second, true, "serial"
	want.Revision, want.Updated = 7, day(3)
	secret := want
	secret.SecretHash = "never shown"
	text, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "never shown") || !strings.Contains(string(text), `"interval_s":90`) {
		t.Errorf("JSON is %s", text)
	}
	var got devices.Device
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("came back as %+v, %v", got, err)
	}
	if err := json.Unmarshal([]byte(`{"interval_s":"x"}`), &got); err == nil {
		t.Error("a text was taken for an interval")
	}
}
