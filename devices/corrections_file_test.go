package devices_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"rione/devices"
)

// corrected is a device with all that a file can say of one.
func corrected(t testing.TB) devices.Device {
	t.Helper()
	d := device(t, "air-1")
	d.Name, d.Model, d.Group, d.ExternalID = "Piazza", "Sniffer", "lotto 1", "serial-1"
	away := place(t, point(41.95, 12.51))
	away.ValidFrom = day(5)
	d.Placements = append(d.Placements, away)
	d.Calibrations = []devices.Calibration{
		{Field: "temp_c", Gain: 1, Offset: -0.5, Who: "anna"},
		{From: day(3).Add(1500 * time.Nanosecond), Measurement: "air", Field: "pm25_ugm3", Gain: 1.25, Who: "anna", Note: "certificate \"12\", page 3"},
	}
	d.Invalid = []devices.Invalid{
		{From: day(1), Until: day(2), Who: "bruno", When: day(4), Why: "fell off; its \"pole\""},
		{From: day(6), Until: day(7), Fields: []string{"air.pm25_ugm3", "rh_pct"}, Who: "bruno", When: day(8), Why: "smoke"},
	}
	return d
}

// An export carries what makes data right: in another registry the device
// corrects, and sets aside, as it did in its own.
func TestExportKeepsCorrections(t *testing.T) {
	plain, gone, waits := device(t, "air-2"), device(t, "air-3"), device(t, "air-4")
	gone.Retired, waits.Pending = true, true
	gone.Calibrations = corrected(t).Calibrations[:1]
	was := corrected(t)
	s := snapshot(t, was, plain, gone, waits)
	checkExport(t, s)
	for _, f := range devices.FileFormats() {
		var file strings.Builder
		if err := f.Write(&file, s.All()); err != nil {
			t.Fatal(err)
		}
		in, err := f.Read(strings.NewReader(file.String()), gazetteer{})
		if err != nil {
			t.Fatalf("%s: %v\n%s", f.Name, err, file.String())
		}
		c, _ := devices.Plan(&devices.Snapshot{}, in)
		other, err := (&devices.Snapshot{}).With(1, c)
		if err != nil {
			t.Fatal(err)
		}
		d := other.Device("air-1")
		if !reflect.DeepEqual(d.Calibrations, was.Calibrations) || !reflect.DeepEqual(d.Invalid, was.Invalid) {
			t.Errorf("%s: %+v and %+v", f.Name, d.Calibrations, d.Invalid)
		}
		for id, want := range map[string]devices.State{"air-2": devices.Approved, "air-3": devices.Retired, "air-4": devices.Pending} {
			if got := other.Device(id).State(); got != want {
				t.Errorf("%s: %s is %s, want %s", f.Name, id, got, want)
			}
		}
		if len(other.Device("air-3").Calibrations) != 1 {
			t.Errorf("%s: a retired device lost its calibration", f.Name)
		}
	}
}

// A file adds corrections; an older one takes none away.
func TestImportAddsCorrections(t *testing.T) {
	s := snapshot(t, corrected(t))
	f := func(name, calibrations, invalid string, want devices.Summary, offsets ...float64) *devices.Device {
		t.Helper()
		quoted := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }
		file := "device_id,kind,comune,calibrations,invalid\nair-1,air,058091," + quoted(calibrations) + "," + quoted(invalid) + "\n"
		next, sum := importInto(t, s, file)
		if sum != want {
			t.Errorf("%s: %+v, want %+v", name, sum, want)
		}
		if _, again := importInto(t, next, file); again.Unchanged != 1 {
			t.Errorf("%s, again: %+v", name, again)
		}
		d := next.Device("air-1")
		var got []float64
		for _, c := range d.Calibrations {
			got = append(got, c.Offset)
		}
		if fmt.Sprint(got) != fmt.Sprint(offsets) {
			t.Errorf("%s: offsets are %v, want %v", name, got, offsets)
		}
		return d
	}
	unchanged, changed := devices.Summary{Unchanged: 1}, devices.Summary{Changed: 1}
	f("nothing said", "", "", unchanged, -0.5, 0)
	f("an empty list", "[]", "[]", unchanged, -0.5, 0)
	f("one that is there", `[{"field":"temp_c","gain":1,"offset":-0.5,"who":"anna"}]`, "", unchanged, -0.5, 0)
	f("the same time elsewhere", `[{"from":"2025-11-03T01:00:00.0000015+01:00","measurement":"air","field":"pm25_ugm3","gain":1.25,"who":"anna","note":"certificate \"12\", page 3"}]`, "", unchanged, -0.5, 0)
	f("another value", `[{"field":"temp_c","gain":1,"offset":2,"who":"anna"}]`, "", changed, 2, 0)
	f("another author", `[{"field":"temp_c","gain":1,"offset":-0.5,"who":"bruno"}]`, "", changed, -0.5, 0)
	f("a new one between", `[{"from":"2025-11-02T00:00:00Z","field":"temp_c","gain":1,"offset":7}]`, "", changed, -0.5, 7, 0)
	f("out of order", `[{"from":"2025-11-09T00:00:00Z","field":"rh_pct","gain":2},{"from":"2025-11-02T00:00:00Z","field":"temp_c","gain":1,"offset":7}]`, "", changed, -0.5, 7, 0, 0)
	d := f("a period", "", `[{"from":"2025-11-05T00:00:00+01:00","until":"2025-11-06T00:00:00+01:00","who":"carla","when":"2025-11-10T00:00:00Z","why":"vandals"}]`, changed, -0.5, 0)
	if len(d.Invalid) != 3 || d.Invalid[1].Why != "vandals" || d.Invalid[1].From.Location() != time.UTC {
		t.Errorf("periods are %+v", d.Invalid)
	}
	if d := f("the reason of a period", "", `[{"from":"2025-11-01T00:00:00Z","until":"2025-11-02T00:00:00Z","who":"bruno","when":"2025-11-04T00:00:00Z","why":"stolen"}]`, changed, -0.5, 0); len(d.Invalid) != 2 || d.Invalid[0].Why != "stolen" {
		t.Errorf("periods are %+v", d.Invalid)
	}
	if old := s.Device("air-1"); len(old.Calibrations) != 2 || len(old.Invalid) != 2 || old.Calibrations[0].Offset != -0.5 || old.Invalid[0].Why == "stolen" {
		t.Errorf("the snapshot before changed: %+v", old)
	}
}

func TestImportRefusesCorrections(t *testing.T) {
	f := func(calibrations, invalid, column, want string) {
		t.Helper()
		file := strings.NewReader(`{"device_id":"air-1","kind":"air","comune":"058091","calibrations":` + fmt.Sprintf("%q", calibrations) + `,"invalid":` + fmt.Sprintf("%q", invalid) + "}\n")
		_, err := devices.ReadNDJSON(file, gazetteer{})
		var bad *devices.ImportError
		if !errors.As(err, &bad) || bad.Lines[0].Column != column || bad.Lines[0].Line != 1 || !strings.Contains(bad.Lines[0].Problem, want) || strings.Contains(bad.Lines[0].Problem, "\n") {
			t.Errorf("%s %s: %v, want %s and %q", calibrations, invalid, err, column, want)
		}
	}
	f("temp_c 1.2", "", "calibrations", "must be a JSON list")
	f(`{"field":"temp_c","gain":1}`, "", "calibrations", "must be a JSON list")
	f(`[{"field":"temp_c","gian":1}]`, "", "calibrations", "gian")
	f(`[] []`, "", "calibrations", "something follows")
	f(`[{"field":"temp_c"}]`, "", "", "calibration 1: gain 0")
	f(`[{"gain":1}]`, "", "", "calibration 1: field")
	f(`[{"field":"temp_c","gain":1,"from":"yesterday"}]`, "", "calibrations", "yesterday")
	f("", `[{"from":"2025-11-01T00:00:00Z"}]`, "", "invalid period 1: from and until")
	f("", `[{"from":"2025-11-01T00:00:00Z","until":"2025-11-02T00:00:00Z"}]`, "", "why is missing")
	f("", `[{"from":"2025-11-03T00:00:00Z","until":"2025-11-02T00:00:00Z","why":"x"}]`, "", "until is not after from")
	f("[{}"+strings.Repeat(",{}", 1000)+"]", "", "", "") // more than there may be, all alike: it ends at once
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf(`{"field":"temp_c","gain":1,"from":%q}`, day(1).Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	f("["+strings.Join(many, ",")+"]", "", "", "more than 1000")
}

// A file gives a device the state that it says, and leaves a retired one retired
// where it says none.
func TestImportStates(t *testing.T) {
	gone, waits := device(t, "gone-1"), device(t, "waits-1")
	gone.Retired, waits.Pending = true, true
	s := snapshot(t, device(t, "good-1"), gone, waits)
	f := func(id, state string, want devices.State, sum devices.Summary, still ...string) {
		t.Helper()
		file := "device_id,kind,comune,state\n" + id + ",air,058091," + state + "\n"
		next, got := importInto(t, s, file)
		if d := next.Device(id); d.State() != want || got != sum {
			t.Errorf("%s with state %q is %s, %+v; want %s, %+v", id, state, d.State(), got, want, sum)
		}
		if got := readCSV(t, file).StillRetired(s); fmt.Sprint(got) != fmt.Sprint(still) {
			t.Errorf("%s with state %q: still retired %v, want %v", id, state, got, still)
		}
		if _, again := importInto(t, next, file); again.Unchanged != 1 {
			t.Errorf("%s with state %q, again: %+v", id, state, again)
		}
	}
	changed, unchanged, added := devices.Summary{Changed: 1}, devices.Summary{Unchanged: 1}, devices.Summary{Added: 1}
	f("gone-1", "", devices.Retired, unchanged, "gone-1")
	f("gone-1", "approved", devices.Approved, changed)
	f("gone-1", "Pending", devices.Pending, changed)
	f("gone-1", "retired", devices.Retired, unchanged)
	f("waits-1", "", devices.Approved, changed)
	f("waits-1", "pending", devices.Pending, unchanged)
	f("waits-1", "retired", devices.Retired, changed)
	f("good-1", "", devices.Approved, unchanged)
	f("good-1", "RETIRED", devices.Retired, changed)
	f("new-1", "", devices.Approved, added)
	f("new-1", "retired", devices.Retired, added)
	in := readCSV(t, "device_id,kind,comune,valid_from\ngone-1,air,058091,2025-11-01\ngone-1,air,058091,2025-11-02\nnew-1,air,058091,\n")
	if got := in.StillRetired(s); len(got) != 1 {
		t.Errorf("a device of two lines is told %v", got)
	}
	if _, err := devices.ReadCSV(strings.NewReader("device_id,kind,comune,state\nair-1,air,058091,broken\n"), gazetteer{}); err == nil || !strings.Contains(err.Error(), "approved, pending or retired") {
		t.Errorf("a state that is none: %v", err)
	}
}
