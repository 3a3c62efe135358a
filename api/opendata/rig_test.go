package opendata

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// memory keeps publications, and tells who follows of later ones.
type memory struct {
	mu   sync.Mutex
	kept []Publication
	fail error
}

func (m *memory) Put(_ context.Context, p Publication) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.kept = append(m.kept, p)
	return nil
}

func (m *memory) Follow(_ context.Context, take func(Publication)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.kept {
		take(p)
	}
	return m.fail
}

type registry struct {
	mu       sync.Mutex
	snapshot *devices.Snapshot
}

func (r *registry) Snapshot() *devices.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.snapshot
}

// rig is a service over a real store.
type rig struct {
	*Service
	t        testing.TB
	store    *influxtest.Server
	registry *registry
	now      time.Time
}

// newRig starts a service for a fleet; nothing is published.
func newRig(t testing.TB, fleet ...devices.Device) *rig {
	t.Helper()
	r := &rig{t: t, store: influxtest.Start(t), registry: &registry{}, now: noon()}
	r.store.Buckets(schema.BucketFixed)
	r.setFleet(fleet...)
	publications, err := Open(t.Context(), &memory{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Service, err = New(Options{
		Publications: publications, Registry: r.registry, Store: r.store.Client(), Bucket: schema.BucketFixed,
		Now: func() time.Time { return r.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) setFleet(fleet ...devices.Device) {
	r.t.Helper()
	var revision uint64 = 1
	if old := r.registry.Snapshot(); old != nil {
		revision = old.Revision + 1
	}
	s, err := devices.NewSnapshot(revision, fleet)
	if err != nil {
		r.t.Fatal(err)
	}
	r.registry.mu.Lock()
	defer r.registry.mu.Unlock()
	r.registry.snapshot = s
}

// publish publishes a data set of Roma.
func (r *rig) publish(id, measurement string, form Form, delayH int, edit ...func(*Publication)) {
	r.t.Helper()
	p := Publication{
		ID: id, Title: Text{IT: "Prova", EN: "Test"}, Description: Text{IT: "Prova <&> \"\\\n", EN: "Test"}, Comuni: []string{rome},
		Measurement: measurement, Form: form, DelayH: delayH, Holder: Holder{Name: "Roma Capitale", Code: "c_h501"}, Theme: "ENVI", Published: true,
	}
	for _, f := range edit {
		f(&p)
	}
	if _, err := r.o.Publications.Put(r.t.Context(), "test", p, r.now); err != nil {
		r.t.Fatal(err)
	}
}

const (
	rome    = "058091"
	palermo = "082053"
)

// device stands at a point, in Roma unless its id says otherwise.
func device(id string, kind devices.Kind, at geo.Point, edit ...func(*devices.Device)) devices.Device {
	d := devices.Device{ID: id, Kind: kind, Interval: time.Minute, Name: "Via dei Nomi 3",
		Placements: []devices.Placement{{Comune: rome, Zone: "Municipio I", Point: at, Cell: at.Cell(geo.LevelFixed)}}}
	for _, f := range edit {
		f(&d)
	}
	return d
}

func home(d *devices.Device) { d.Premises = true }

func in(comune string) func(*devices.Device) {
	return func(d *devices.Device) { d.Placements[0].Comune = comune }
}

func every(d time.Duration) func(*devices.Device) {
	return func(one *devices.Device) { one.Interval = d }
}

// centre of Roma; offset moves north-east in thousandths of a degree.
func offset(n float64) geo.Point { return geo.Point{Lat: 41.9 + n/1000, Lon: 12.49 + n/1000} }

// say stores one reading: fields as line protocol, such as "pm10_ugm3=20".
func (r *rig) say(id, measurement string, at time.Time, fields string, tags ...string) {
	r.t.Helper()
	d := r.registry.Snapshot().Device(id)
	p := d.At(at)
	line := fmt.Sprintf("%s,comune=%s,device_id=%s,s2_cell_id=%s,zone=Municipio\\ I", measurement, p.Comune, id, p.Cell)
	for _, tag := range tags {
		line += "," + tag
	}
	if !strings.Contains(fields, "q=") {
		fields += ",q=0i"
	}
	line += fmt.Sprintf(" %s,lat=%v,lon=%v %d", fields, p.Point.Lat, p.Point.Lon, at.UnixNano())
	r.write(line)
}

func (r *rig) write(lines string) {
	r.t.Helper()
	url := r.store.URL + "/api/v2/write?precision=ns&bucket=" + schema.BucketFixed + "&org=" + r.store.Org
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, url, strings.NewReader(lines))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+r.store.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusNoContent {
		r.t.Fatalf("write: %s: %s", resp.Status, answer)
	}
}

func (r *rig) get(path string, header ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	req := httptest.NewRequest(http.MethodGet, "http://data.example"+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

// table reads a CSV download as rows of named cells.
func (r *rig) table(path string) []map[string]string {
	r.t.Helper()
	w := r.get(path)
	if w.Code != http.StatusOK {
		r.t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	lines, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		r.t.Fatal(err)
	}
	var out []map[string]string
	for _, cells := range lines[1:] {
		row := make(map[string]string)
		for i, cell := range cells {
			row[lines[0][i]] = cell
		}
		out = append(out, row)
	}
	return out
}
