package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"rione/devices"
)

func (r *rig) patch(id, match, body string) (int, string) {
	r.t.Helper()
	w := r.do(request{method: http.MethodPatch, path: "/v1/devices/" + id, token: adminToken, body: body, header: map[string]string{"If-Match": match}})
	return w.Code, w.Body.String()
}

func TestGetDevice(t *testing.T) {
	r := newRig(t, smallFleet())
	w := r.do(request{path: "/v1/devices/air-1"})
	view := decode[DeviceView](t, w.Body.Bytes())
	if w.Header().Get("ETag") != `"7"` || view.Revision != 7 || view.Name != "Piazza Venezia" || view.ComuneName != "Roma" ||
		view.IntervalS != 60 || view.State != Silent || view.Seen != nil || len(view.Placements) != 1 || *view.Placements[0].Position != rome {
		t.Errorf("%v %+v", w.Header(), view)
	}
	if w := r.do(request{path: "/v1/devices/air-old"}); !strings.Contains(w.Body.String(), `"retired":true`) {
		t.Errorf("a retired device: %s", w.Body)
	}
	problemOf(t, r.do(request{path: "/v1/devices/nobody"}), 404)
}

func TestPatchDevice(t *testing.T) {
	r := newRig(t, smallFleet())
	code, body := r.patch("air-1", `"7"`, `{"name":"Largo Argentina","interval_s":30,"format":"chirpstack","premises":true,"note":"moved in"}`)
	d := r.registry.Snapshot().Device("air-1")
	if code != 200 || d.Name != "Largo Argentina" || d.Interval.Seconds() != 30 || d.Format != "chirpstack" || !d.Premises || d.Revision != 8 {
		t.Fatalf("%d %s %+v", code, body, d)
	}
	if code, body = r.patch("air-1", `"8"`, `{"interval_s":60}`); code != 200 || r.registry.Snapshot().Device("air-1").Name != "Largo Argentina" {
		t.Errorf("a member that is not there is not kept: %d %s", code, body)
	}
	if code, body = r.patch("air-old", `*`, `{"retired":false}`); code != 200 || r.registry.Snapshot().Resolve("air-old") == nil {
		t.Errorf("bringing back: %d %s", code, body)
	}
}

func TestPatchDeviceRefuses(t *testing.T) {
	r := newRig(t, smallFleet())
	f := func(id, match, body string, want int) {
		t.Helper()
		if code, answer := r.patch(id, match, body); code != want {
			t.Errorf("%s %s %s: %d, want %d: %s", id, match, body, code, want, answer)
		}
	}
	f("air-1", "", `{"name":"x"}`, 428)
	f("air-1", `"6"`, `{"name":"x"}`, 412)
	f("air-1", `7`, `{"name":"x"}`, 412)
	f("nobody", `*`, `{"name":"x"}`, 404)
	f("air-1", `*`, `{"nam":"x"}`, 422)
	f("air-1", `*`, `{"name":7}`, 422)
	f("air-1", `*`, `{"interval_s":-1}`, 422)
	f("air-1", `*`, `{"interval_s":1e300}`, 422)
	f("air-1", `*`, `{"format":"Not A Format"}`, 422)
	f("air-1", `*`, "{\"name\":\"a\\u0007b\"}", 422)
	f("air-1", `*`, `{`, 400)
	if rev := r.registry.Snapshot().Revision; rev != 7 {
		t.Errorf("revision %d after refusals only", rev)
	}
}

func TestRetireDevice(t *testing.T) {
	r := newRig(t, smallFleet())
	w := r.do(request{method: http.MethodDelete, path: "/v1/devices/air-1", token: "work", header: map[string]string{"If-Match": `"5", "7"`}})
	if w.Code != 200 || w.Header().Get("ETag") != `"8"` || r.registry.Snapshot().Resolve("air-1") != nil || r.registry.Snapshot().Device("air-1") == nil {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestChangeElsewhere changes another device between reading and writing: the
// registry's revision is then another, the device's is not.
func TestChangeElsewhere(t *testing.T) {
	r := newRig(t, smallFleet())
	times := 0
	r.registry.before = func() {
		if times++; times == 1 {
			other := *r.registry.Snapshot().Device("wifi-1")
			other.Name = "meanwhile"
			next, err := r.registry.snapshot.With(8, devices.ChangeSet{Put: []devices.Device{other}})
			if err != nil {
				t.Error(err)
			}
			r.registry.snapshot = next
		}
	}
	if code, body := r.patch("air-1", `"7"`, `{"name":"x"}`); code != 200 || times != 2 {
		t.Errorf("%d after %d tries: %s", code, times, body)
	}
	r.registry.before = func() { // never quiet
		next, err := r.registry.snapshot.With(r.registry.snapshot.Revision+1, devices.ChangeSet{Put: []devices.Device{*r.registry.snapshot.Device("wifi-1")}})
		if err != nil {
			t.Error(err)
		}
		r.registry.snapshot = next
	}
	if code, body := r.patch("air-1", `*`, `{"name":"y"}`); code != 409 {
		t.Errorf("%d: %s", code, body)
	}
}

func TestRegistryDown(t *testing.T) {
	r := newRig(t, smallFleet())
	r.registry.refuse = errors.New("nats: no response from stream REGISTRY")
	if code, body := r.patch("air-1", `"7"`, `{"name":"x"}`); code != 500 || strings.Contains(body, "nats") {
		t.Errorf("%d %s", code, body)
	}
}

const header = "device_id,kind,comune,name,lat,lon,interval_s,external_id,premises\n"

func (r *rig) importCSV(query, file string) (int, string) {
	r.t.Helper()
	w := r.do(request{method: http.MethodPost, path: "/v1/devices/import" + query, token: adminToken, body: file, header: map[string]string{"Content-Type": "text/csv; charset=utf-8"}})
	return w.Code, w.Body.String()
}

func TestImport(t *testing.T) {
	r := newRig(t, smallFleet())
	file := header + "air-2,air,058091,Nuova,41.9,12.5,60,,\nair-1,air,058091,Piazza Venezia,41.9,12.48,120,,\n"
	code, body := r.importCSV("?dry_run=true", file)
	if got := decode[ImportResult](t, []byte(body)); code != 200 || got.Added != 1 || got.Changed != 1 || !got.DryRun || got.Revision != 7 || got.Rows != 2 {
		t.Fatalf("dry run: %d %s", code, body)
	}
	if r.registry.Snapshot().Revision != 7 {
		t.Fatal("a dry run changed the registry")
	}
	code, body = r.importCSV("", file)
	if got := decode[ImportResult](t, []byte(body)); code != 200 || got.Added != 1 || got.Revision != 8 {
		t.Fatalf("%d %s", code, body)
	}
	if d := r.registry.Snapshot().Device("air-2"); d == nil || d.Name != "Nuova" || r.registry.author != "admin" {
		t.Errorf("%+v by %s", d, r.registry.author)
	}
	code, body = r.importCSV("", file)
	if got := decode[ImportResult](t, []byte(body)); code != 200 || got.Unchanged != 2 || got.Revision != 8 {
		t.Errorf("again: %d %s", code, body)
	}
}

func TestImportNamesEveryBadLine(t *testing.T) {
	r := newRig(t, smallFleet())
	code, body := r.importCSV("", header+"air-2,air,058091,ok,41.9,12.5,60,,\nA B,air,058091,,41.9,12.5,,,\nair-3,toaster,058091,,41.9,12.5,,,\nair-4,air,058091,,0,0,,,\n")
	for _, want := range []string{"body.line[3]", "body.line[4]", "body.line[5]"} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if code != 422 || strings.Contains(body, "body.line[2]") || r.registry.Snapshot().Revision != 7 {
		t.Errorf("%d %s", code, body)
	}
}

func TestImportRefuses(t *testing.T) {
	r := newRig(t, smallFleet())
	if code, body := r.importCSV("?dry_run=true", header+"air-9,air,058091,,41.9,12.5,,48575443aabbccdd,\n"); code != 422 || !strings.Contains(body, "bb-home-1") {
		t.Errorf("an identity that is taken: %d %s", code, body)
	}
	if code, body := r.importCSV("", ""); code != 400 && code != 422 {
		t.Errorf("an empty file: %d %s", code, body)
	}
	if code, body := r.importCSV("", "nonsense"); code != 422 {
		t.Errorf("no header: %d %s", code, body)
	}
	w := r.do(request{method: http.MethodPost, path: "/v1/devices/import", token: adminToken, body: "{}"})
	problemOf(t, w, http.StatusUnsupportedMediaType)
	none := newRig(t, nil, func(o *Options) { o.Gazetteer = nil })
	if code, body := none.importCSV("", header); code != 501 {
		t.Errorf("without a gazetteer: %d %s", code, body)
	}
}

func TestImportGeoJSON(t *testing.T) {
	r := newRig(t, smallFleet())
	f := func(file string) (int, string) {
		w := r.do(request{method: http.MethodPost, path: "/v1/devices/import", token: adminToken, body: file, header: map[string]string{"Content-Type": "application/geo+json"}})
		return w.Code, w.Body.String()
	}
	const feature = `{"type":"Feature","geometry":{"type":"Point","coordinates":[12.5,41.9]},"properties":{"device_id":"%s","kind":"air","comune":"058091"}}`
	code, answer := f(`{"type":"FeatureCollection","features":[` + strings.ReplaceAll(feature, "%s", "air-5") + `]}`)
	if d := r.registry.Snapshot().Device("air-5"); code != 200 || d == nil || d.Current().Point.Lat != 41.9 {
		t.Errorf("%d %s %+v", code, answer, d)
	}
	if code, answer = f(`{"type":"FeatureCollection","features":[` + strings.ReplaceAll(feature, "%s", "A B") + `]}`); code != 422 || !strings.Contains(answer, "device_id") {
		t.Errorf("a bad feature: %d %s", code, answer)
	}
}
