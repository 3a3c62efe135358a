package api

import (
	"net/http"
	"strings"
	"testing"

	"rione/devices"
	"rione/geo"
)

// importAs sends a file of a media type with a token.
func (r *rig) importAs(token, media, file string) (int, string) {
	r.t.Helper()
	w := r.do(request{method: http.MethodPost, path: "/v1/devices/import", token: token, body: file, header: map[string]string{"Content-Type": media}})
	return w.Code, w.Body.String()
}

// Corrections of a file are of fields that there are; the others would correct
// nothing, and nobody would notice.
func TestImportChecksCorrectedFields(t *testing.T) {
	r := newRig(t, smallFleet())
	before := r.registry.Snapshot().Revision
	line := func(calibrations, invalid string) string {
		quoted := func(text string) string { return strings.ReplaceAll(text, `"`, `\"`) }
		return `{"device_id":"air-9","kind":"air","comune":"058091","calibrations":"` + quoted(calibrations) + `","invalid":"` + quoted(invalid) + "\"}\n"
	}
	code, body := r.importAs(adminToken, "application/x-ndjson",
		line(`[{"field":"pm25_ugm3","gain":1.1},{"field":"pm26_ugm3","gain":1.1}]`, "")+
			strings.Replace(line(`[{"measurement":"bin","field":"pm25_ugm3","gain":1.1}]`, `[{"from":"2025-11-01T00:00:00Z","until":"2025-11-02T00:00:00Z","fields":["pm25_ugm3","air.smell"],"why":"x"}]`), "air-9", "air-10", 1))
	for _, want := range []string{"3 mistakes", "body.line[1].calibrations", "pm26_ugm3", "body.line[2].calibrations", "bin.pm25_ugm3", "body.line[2].invalid", "air.smell"} {
		if !strings.Contains(body, want) {
			t.Errorf("it does not say %q: %d %s", want, code, body)
		}
	}
	if now := r.registry.Snapshot().Revision; code != http.StatusUnprocessableEntity || now != before {
		t.Errorf("%d, revision %d after %d", code, now, before)
	}
	code, body = r.importAs(adminToken, "application/x-ndjson", line(`[{"measurement":"air","field":"pm25_ugm3","gain":1.1}]`, `[{"from":"2025-11-01T00:00:00Z","until":"2025-11-02T00:00:00Z","why":"x"}]`))
	d := r.registry.Snapshot().Device("air-9")
	if code != http.StatusOK || d == nil || len(d.Calibrations) != 1 || len(d.Invalid) != 1 {
		t.Errorf("%d %s: %+v", code, body, d)
	}
}

// An import says which devices of the file stay retired, and of which what is
// stored is not what the registry says now.
func TestImportSaysWhatIsLeft(t *testing.T) {
	fleet := smallFleet()
	fleet[0].Retired = true
	r := newRig(t, fleet)
	const gone, there = "air-1", "wifi-1"
	at := func(id string) string { return string(r.registry.Snapshot().Device(id).Kind) + "," + roma }
	f := func(file string, retired, backdated int) ImportResult {
		t.Helper()
		code, body := r.importAs(adminToken, "text/csv", file)
		got := decode[ImportResult](t, []byte(body))
		if code != http.StatusOK || len(got.Retired) != retired || len(got.Backdated) != backdated || (got.Since == nil) != (backdated == 0) {
			t.Errorf("%s: %d %s; want %d retired, %d backdated", file, code, body, retired, backdated)
		}
		return got
	}
	f("device_id,kind,comune\n"+gone+","+at(gone)+"\n"+there+","+at(there)+"\n", 1, 0)
	moved := f("device_id,kind,comune,lat,lon,valid_from\n"+there+","+at(there)+",41.95,12.55,2026-01-01\n", 0, 1)
	if moved.Moved != 1 || moved.Since.Format("2006-01-02") != "2026-01-01" || moved.Backdated[0] != there {
		t.Errorf("moved: %+v", moved)
	}
	f("device_id,kind,comune,state\n"+gone+","+at(gone)+",approved\n", 0, 0)
	if d := r.registry.Snapshot().Device(gone); d.Retired {
		t.Error("a state that says approved does not bring it back")
	}
	f("device_id,kind,comune,state\n"+there+","+at(there)+",retired\n", 0, 0)
	if d := r.registry.Snapshot().Device(there); !d.Retired {
		t.Error("a state that says retired does not retire it")
	}
}

// Every line whose identity is taken is named, the holder only to who may see it.
func TestImportNamesTakenIdentities(t *testing.T) {
	centre := geo.Point{Lat: 41.9, Lon: 12.5}
	ours, theirs := device("bin-roma", devices.Bin, roma, "", centre), device("bin-palermo", devices.Bin, palermo, "", centre)
	ours.ExternalID, theirs.ExternalID = "serial-1", "serial-2"
	r := newScopeRig(t, func(*Options) {})
	if _, err := r.registry.Apply(t.Context(), devices.ChangeSet{Author: "test", Put: []devices.Device{ours, theirs}}); err != nil {
		t.Fatal(err)
	}
	const file = "device_id,kind,comune,external_id\nnew-1,bin," + roma + ",serial-1\nnew-2,bin," + roma + ",serial-2\n"
	f := func(token string, shown, hidden string) {
		t.Helper()
		code, body := r.importAs(token, "text/csv", file)
		for _, want := range []string{"2 mistakes", "body.line[2].external_id", "body.line[3].external_id", shown} {
			if !strings.Contains(body, want) {
				t.Errorf("it does not say %q: %d %s", want, code, body)
			}
		}
		if code != http.StatusUnprocessableEntity || hidden != "" && strings.Contains(body, hidden) {
			t.Errorf("%d %s", code, body)
		}
	}
	f(adminToken, "bin-palermo", "")
	f(r.token("administrator", roma), "bin-roma", "bin-palermo")
	if r.registry.Snapshot().Device("new-1") != nil {
		t.Error("a part of the file was imported")
	}
}

func TestImportRefusesMedia(t *testing.T) {
	r := newRig(t, smallFleet())
	for _, media := range []string{"application/json", "text/plain", ""} {
		if code, body := r.importAs(adminToken, media, "device_id,kind,comune\n"); code != http.StatusUnsupportedMediaType || media != "" && !strings.Contains(body, "application/x-ndjson") {
			t.Errorf("%q: %d %s", media, code, body)
		}
	}
	if code, body := r.importAs(adminToken, "text/csv; charset=utf-8", "device_id,kind,comune\n"); code != http.StatusOK {
		t.Errorf("with a parameter: %d %s", code, body)
	}
}
