package devices_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"rione/devices"
)

func TestReadCSV(t *testing.T) {
	in := readCSV(t, "\ufeffkind , device_id,COMUNE,lat,lon,zone,name,interval_s,format,external_id,secret,premises,valid_from\r\n"+
		"air, air-1 ,058091,41.89,12.49,,\"Piazza, Venezia\",60,Tasmota,A84041000001,password,yes,2025-11-05\r\n"+
		"\r\n"+
		"bin,bin-1,058091,,,,,,,,,,\r\n")
	if len(in.Rows) != 2 {
		t.Fatalf("%d rows", len(in.Rows))
	}
	row := in.Rows[0]
	d := row.Device
	if d.ID != "air-1" || d.Kind != devices.Air || d.Name != "Piazza, Venezia" || d.Interval != time.Minute ||
		d.Format != "tasmota" || d.ExternalID != "a84041000001" || row.Secret != "password" || !*row.Premises || row.Line != 2 {
		t.Errorf("row is %+v", row)
	}
	p := d.Placements[0]
	if p.Zone != "Municipio I" || p.Uncertain || !p.ValidFrom.Equal(day(5)) || p.Validate() != nil {
		t.Errorf("placement is %+v", p)
	}
	if row = in.Rows[1]; row.Line != 4 || row.Premises != nil || !row.Device.Placements[0].Uncertain {
		t.Errorf("row is %+v", row)
	}
}

func TestReadCSVOfASpreadsheet(t *testing.T) {
	in := readCSV(t, "device_id;kind;comune;lat;lon;interval_s;valid_from\nair-1;air;058091;41,89;12,49;0,5;2025-11-05T08:00:00+01:00\n")
	d := in.Rows[0].Device
	if p := d.Placements[0]; p.Point != *point(41.89, 12.49) || d.Interval != 500*time.Millisecond || p.ValidFrom.Hour() != 7 {
		t.Errorf("device is %+v", d)
	}
}

// Every mistake of a file is told at once, by line and column.
func TestReadCSVRefuses(t *testing.T) {
	f := func(header, lines, want string) {
		t.Helper()
		_, err := devices.ReadCSV(strings.NewReader(header+"\n"+lines), gazetteer{})
		var bad *devices.ImportError
		if !errors.As(err, &bad) {
			t.Fatalf("%q: %v", lines, err)
		}
		var got []string
		for _, l := range bad.Lines {
			got = append(got, fmt.Sprintf("%d/%s", l.Line, l.Column))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q: %s, want %s\n%v", lines, text, want, err)
		}
	}
	const short = "device_id,kind,comune"
	const full = short + ",lat,lon,interval_s,external_id,secret,premises,valid_from,format,name,zone"
	f("device_id,kind,comune,colour", "", "1/colour")
	f("device_id,kind", "", "1/comune")
	f("device_id,kind,comune,kind", "", "1/kind")
	f("id;kind", "", "1/id 1/device_id 1/comune")
	f(short, "A,air,058091\nair-1,toaster,58091\nair-2,air\nair-3,air,058091,x", "2/device_id 3/kind 3/comune 4/ 5/")
	f(short, "air-1,air,058091\nair-1,air,058091", "3/device_id")
	f(short, "air-1,air,082053", "2/lat")
	f(short, "air-1,air,058091\nair\"2,air,058091\nA,air,058091", "3/ 4/device_id")
	f(full, "air-1,air,058091,41.9,,,,,,,,,", "2/lon")
	f(full, "air-1,air,058091,,12.5,,,,,,,,", "2/lat")
	f(full, "air-1,air,058091,north,12.5,,,,,,,,", "2/lat")
	f(full, "air-1,air,058091,NaN,12.5,,,,,,,,", "2/lat")
	f(full, "air-1,air,058091,41.9,181,,,,,,,,", "2/lon")
	f(full, "air-1,air,058091,45.4,12.3,,,,,,,,", "2/lat")
	f(full, "air-1,air,058091,,,0,,,,,,,", "2/interval_s")
	f(full, "air-1,air,058091,,,soon,,,,,,,", "2/interval_s")
	f(full, "air-1,air,058091,,,,ser ial,,,,,,", "2/external_id")
	f(full, "air-1,air,058091,,,,serial,,,,,,\nair-2,air,058091,,,,SERIAL,,,,,,", "3/external_id")
	f(full, "air-1,air,058091,,,,,short,,,,,", "2/secret")
	f(full, "air-1,air,058091,,,,,,perhaps,,,,", "2/premises")
	f(full, "air-1,air,058091,,,,,,,5/11/2025,,,", "2/valid_from")
	f(full, "air-1,air,058091,,,,,,,0025-11-05,,,", "2/valid_from")
	f(full, "air-1,air,058091,,,,,,,,to ast,a\x01b,c\x02d", "2/name 2/format 2/zone")
}

func TestReadCSVRefusesTheFile(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := devices.ReadCSV(strings.NewReader(text), gazetteer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v does not say %q", text, err, want)
		}
	}
	f("", "empty")
	f("\xff\xfed\x00", "UTF-16")
	f("\"device_id", "header")
	broken := errors.New("disk is gone")
	if _, err := devices.ReadCSV(iotest.ErrReader(broken), gazetteer{}); !errors.Is(err, broken) {
		t.Errorf("reader's error became %v", err)
	}
}

func TestImportErrorListsTheFirstMistakes(t *testing.T) {
	text := "device_id,kind,comune\n" + strings.Repeat("A,air,058091\n", 25)
	_, err := devices.ReadCSV(strings.NewReader(text), gazetteer{})
	if err == nil || !strings.Contains(err.Error(), "25 mistakes") || !strings.Contains(err.Error(), "… and 5 more") ||
		!strings.Contains(err.Error(), "line 2, device_id: ") {
		t.Errorf("error is %v", err)
	}
}

// FuzzReadCSV reads whatever a file may hold: no panic, and what is accepted is
// valid and is read back the same from an export.
func FuzzReadCSV(f *testing.F) {
	f.Add("device_id,kind,comune,lat,lon,name,valid_from\nair-1,air,058091,41.9,12.5,\"a \"\"b\"\"\",2025-11-05\n")
	f.Add("\ufeffdevice_id;kind;comune;lat;lon\nair-1;air;058091;41,9;12,5\n")
	f.Fuzz(func(t *testing.T, text string) {
		in, err := devices.ReadCSV(strings.NewReader(text), gazetteer{})
		if err != nil {
			return
		}
		c, _ := devices.Plan(&devices.Snapshot{}, in)
		c.Author = "fuzz"
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		s, err := (&devices.Snapshot{}).With(1, c)
		if err != nil {
			return // an external identity that is also a device id
		}
		checkExport(t, s)
	})
}
