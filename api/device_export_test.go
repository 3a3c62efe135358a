package api

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
)

func exportOf(t *testing.T, r *rig, query string) *httptest.ResponseRecorder {
	t.Helper()
	w := r.do(request{path: "/v1/devices/export?" + query, token: adminToken})
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %.200s", query, w.Code, w.Body)
	}
	return w
}

// exportFleet has more devices than one piece of an answer holds, each of its
// own place, and one that is out of service.
func exportFleet() []devices.Device {
	var fleet []devices.Device
	for i := range 3000 {
		d := device(fmt.Sprintf("air-%04d", i), devices.Air, "058091", "Municipio I", geo.Point{Lat: 41.8 + float64(i)/50_000, Lon: 12.5})
		d.SecretHash, d.Name = "$argon2id$never-to-be-seen", fmt.Sprintf("centralina, n. %d", i)
		fleet = append(fleet, d)
	}
	fleet[0].Retired = true
	fleet[1].Pending = true
	fleet[2].Kind = devices.Noise
	fleet[3].Calibrations = []devices.Calibration{{Field: "pm25_ugm3", Gain: 1.2, Offset: -3, Who: "anna"}}
	december := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
	fleet[3].Invalid = []devices.Invalid{{From: december, Until: december.Add(time.Hour), Fields: []string{"air.temp_c"}, Who: "anna", When: december, Why: "fell off"}}
	return fleet
}

// TestExportOfDevicesChangesNothing: what is exported is imported again, and the
// registry stays at its revision.
func TestExportOfDevicesChangesNothing(t *testing.T) {
	r := newRig(t, exportFleet())
	for _, f := range devices.FileFormats() {
		w := exportOf(t, r, "format="+f.Name)
		h := w.Header()
		if h.Get("Content-Type") != f.Media || !strings.Contains(h.Get("Content-Disposition"), "devices."+f.Name) {
			t.Errorf("%s: %v", f.Name, h)
		}
		text := w.Body.String()
		if strings.Contains(text, "never-to-be-seen") || strings.Contains(text, "air-0000") || strings.Count(text, "centralina") != 2999 {
			t.Errorf("%s: %d devices, or what nobody may see: %.300s", f.Name, strings.Count(text, "centralina"), text)
		}
		answer := r.do(request{method: http.MethodPost, path: "/v1/devices/import", token: adminToken, body: text, header: map[string]string{"Content-Type": f.Media}})
		if got := decode[ImportResult](t, answer.Body.Bytes()); answer.Code != 200 || got.Unchanged != 2999 || got.Added+got.Changed+got.Moved != 0 || got.Revision != 7 {
			t.Errorf("%s imported again: %d %.300s", f.Name, answer.Code, answer.Body)
		}
	}
}

func TestExportOfDevicesIsConditional(t *testing.T) {
	r := newRig(t, smallFleet())
	tag := exportOf(t, r, "").Header().Get("ETag")
	f := func(query, known string, status int) {
		t.Helper()
		w := r.do(request{path: "/v1/devices/export?" + query, token: adminToken, header: map[string]string{"If-None-Match": known}})
		if w.Code != status || (w.Body.Len() == 0) != (status == http.StatusNotModified) || w.Header().Get("ETag") == "" {
			t.Errorf("%s with %s: %d, %d bytes, ETag %s", query, known, w.Code, w.Body.Len(), w.Header().Get("ETag"))
		}
	}
	f("", tag, http.StatusNotModified)
	f("format=csv", tag, http.StatusNotModified)
	f("format=geojson", tag, http.StatusOK)
	f("comune=058091", tag, http.StatusOK)
	f("kind=air", tag, http.StatusOK)
	f("", `"another"`, http.StatusOK)
	if code, answer := r.patch("air-1", `"7"`, `{"name":"Piazza Navona"}`); code != 200 {
		t.Fatalf("%d %s", code, answer)
	}
	f("", tag, http.StatusOK)
}

func TestExportOfSomeDevices(t *testing.T) {
	r := newRig(t, exportFleet())
	f := func(query string, want int) {
		t.Helper()
		rows, err := csv.NewReader(exportOf(t, r, query).Body).ReadAll()
		if err != nil || len(rows) != want+1 {
			t.Errorf("%s: %v, %d rows; want %d", query, err, len(rows), want+1)
		}
	}
	f("kind=noise", 1)
	f("kind=bin", 0)
	f("comune=058091", 2999)
	f("comune=015146", 0)
	f("comune=058091&kind=air", 2998)
	f("retired=true", 3000)
	for _, query := range []string{"format=xlsx", "comune=Roma"} {
		problemOf(t, r.do(request{path: "/v1/devices/export?" + query, token: adminToken}), 422)
	}
}

// A client that goes away in the middle ends the export, and the connection with
// it: nobody takes a part for the whole.
func TestExportOfDevicesBreaksOff(t *testing.T) {
	r := newRig(t, exportFleet())
	defer func() {
		if what := recover(); what != http.ErrAbortHandler { //nolint:errorlint // the very value, as net/http wants it
			t.Errorf("it ended with %v", what)
		}
	}()
	req := httptest.NewRequest(http.MethodGet, "http://localhost:8080/v1/devices/export", nil)
	req.RemoteAddr = "127.0.0.1:50000"
	req.Header.Set("Authorization", "Bearer "+adminToken)
	r.Handler().ServeHTTP(&goneWriter{header: http.Header{}}, req)
	t.Error("it ended as if all had been sent")
}

// goneWriter is a client that takes one piece and is gone.
type goneWriter struct {
	header http.Header
	taken  bytes.Buffer
}

func (w *goneWriter) Header() http.Header { return w.header }
func (w *goneWriter) WriteHeader(int)     {}
func (w *goneWriter) Write(b []byte) (int, error) {
	if w.taken.Len() > 0 {
		return 0, errors.New("gone")
	}
	return w.taken.Write(b)
}
