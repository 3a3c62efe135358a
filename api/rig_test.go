package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/api/opendata"
	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

const adminToken = "correct-horse"

// memoryRegistry is a registry without its store: real snapshots, in memory.
type memoryRegistry struct {
	mu         sync.Mutex
	snapshot   *devices.Snapshot
	boundaries map[string][]byte
	refuse     error // what Apply returns, nil applies
	before     func()
	author     string // of the last change set
	sets       []devices.ChangeSet
}

// history is what became of a device since the registry was made.
func (r *memoryRegistry) history(_ context.Context, id string) ([]devices.Change, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []devices.Change
	for i := range r.sets {
		for j := range r.sets[i].Put {
			if d := &r.sets[i].Put[j]; d.ID == id {
				c := devices.Change{Revision: uint64(i), Author: r.sets[i].Author, Note: r.sets[i].Note, After: d}
				if len(list) > 0 {
					c.Before = list[len(list)-1].After
				}
				list = append(list, c)
			}
		}
	}
	return list, nil
}

func (r *memoryRegistry) Snapshot() *devices.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.snapshot
}

func (r *memoryRegistry) Apply(_ context.Context, set devices.ChangeSet) (*devices.Snapshot, error) {
	if r.before != nil {
		r.before()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return nil, r.refuse
	}
	if err := set.Validate(); err != nil {
		return nil, err
	}
	if set.Expect != 0 && set.Expect != r.snapshot.Revision {
		return nil, errors.New("the registry changed meanwhile")
	}
	next, err := r.snapshot.With(r.snapshot.Revision+1, set)
	if err == nil {
		r.snapshot, r.author, r.sets = next, set.Author, append(r.sets, set)
	}
	return next, err
}

func (r *memoryRegistry) BoundaryFiles(context.Context) ([]BoundaryFile, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var files []BoundaryFile
	for _, name := range slices.Sorted(maps.Keys(r.boundaries)) {
		files = append(files, BoundaryFile{Name: name, Bytes: len(r.boundaries[name])})
	}
	return files, r.refuse
}

func (r *memoryRegistry) RemoveBoundaries(_ context.Context, author, name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.boundaries[name] == nil {
		return ErrNotFound
	}
	delete(r.boundaries, name)
	r.author = author
	return r.refuse
}

func (r *memoryRegistry) PutBoundaries(_ context.Context, author, name string, geojson []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.boundaries == nil {
		r.boundaries = make(map[string][]byte)
	}
	r.boundaries[name], r.author = geojson, author
	return r.refuse
}

// brokenStore fails every query.
type brokenStore struct{}

func (brokenStore) Query(context.Context, string, string) ([]ingest.Series, error) {
	return nil, errors.New("connection refused by 10.0.0.7:8086")
}

func (brokenStore) QueryEach(context.Context, string, string, func(*ingest.Series) error) error {
	return errors.New("connection refused by 10.0.0.7:8086")
}

// forgetful keeps publications in nobody's memory but theirs.
type forgetful struct{}

func (forgetful) Put(context.Context, opendata.Publication) error          { return nil }
func (forgetful) Follow(context.Context, func(opendata.Publication)) error { return nil }

// rig is a server under test and its partners.
type rig struct {
	*Server
	t        testing.TB
	registry *memoryRegistry
	latest   *Latest
	influx   *influxtest.Server // nil unless withInflux
}

type rigOption func(*Options)

func newRig(t testing.TB, fleet []devices.Device, options ...rigOption) *rig {
	t.Helper()
	for i := range fleet {
		fleet[i].Revision = 7
	}
	snapshot, err := devices.NewSnapshot(7, fleet)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, registry: &memoryRegistry{snapshot: snapshot, sets: []devices.ChangeSet{{Author: "test", Put: fleet}}}, latest: NewLatest(LatestOptions{})}
	o := Options{
		Listen: "127.0.0.1:0", Registry: r.registry, Store: brokenStore{}, Latest: r.latest, History: r.registry.history,
		AdminToken: adminToken, Version: "1.2.3", Gazetteer: devices.NewGazetteer(geo.NewIndex(nil)),
		Tokens: []Token{{Name: "eyes", Secret: "read-only", Role: Reader}, {Name: "hands", Secret: "work", Role: Operator}},
	}
	if o.Publications, err = opendata.Open(t.Context(), forgetful{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, f := range options {
		f(&o)
	}
	if r.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// withInflux gives the server a real, empty InfluxDB.
func withInflux(t testing.TB) (rigOption, *influxtest.Server) {
	t.Helper()
	server := influxtest.Start(t)
	server.Buckets(schema.BucketFixed)
	return func(o *Options) { o.Store = server.Client() }, server
}

// write stores lines of line protocol.
func write(t testing.TB, server *influxtest.Server, lines []string) {
	t.Helper()
	writeTo(t, server, schema.BucketFixed, lines)
}

func writeTo(t testing.TB, server *influxtest.Server, bucket string, lines []string) {
	t.Helper()
	url := server.URL + "/api/v2/write?precision=ns&bucket=" + bucket + "&org=" + server.Org
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token "+server.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("write: %s: %s", resp.Status, answer)
	}
}

// request is a call of the server without a network. The peer is the machine
// itself unless peer says otherwise.
type request struct {
	method, path, body, token, peer string
	header                          map[string]string
}

func (r *rig) do(in request) *httptest.ResponseRecorder {
	r.t.Helper()
	if in.method == "" {
		in.method = http.MethodGet
	}
	req := httptest.NewRequest(in.method, "http://localhost:8080"+in.path, strings.NewReader(in.body))
	req.RemoteAddr = "127.0.0.1:50000"
	if in.peer != "" {
		req.RemoteAddr = in.peer
	}
	if in.token != "" {
		req.Header.Set("Authorization", "Bearer "+in.token)
	}
	if in.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range in.header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, req)
	return w
}

// get decodes the answer to a GET, whose status must be 200, into a T. Members
// that T does not have are an error: the description is made from T.
func get[T any](r *rig, path string) T {
	r.t.Helper()
	w := r.do(request{path: path})
	if w.Code != http.StatusOK {
		r.t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return decode[T](r.t, w.Body.Bytes())
}

func decode[T any](t testing.TB, b []byte) T {
	t.Helper()
	var out T
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	return out
}

// problemOf checks that the answer is a problem document of the status.
func problemOf(t testing.TB, w *httptest.ResponseRecorder, status int) string {
	t.Helper()
	if w.Code != status || w.Header().Get("Content-Type") != problemType {
		t.Fatalf("answer %d %s %s, want a problem of %d", w.Code, w.Header().Get("Content-Type"), w.Body, status)
	}
	var p struct {
		Status int
		Title  string
		Detail string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != status || p.Title == "" {
		t.Fatalf("problem %s: %v", w.Body, err)
	}
	return w.Body.String()
}

// device makes a fixed device of a comune.
func device(id string, kind devices.Kind, comune, zone string, p geo.Point) devices.Device {
	return devices.Device{
		ID: id, Kind: kind, Interval: time.Minute,
		Placements: []devices.Placement{{Comune: comune, Zone: zone, Point: p, Cell: p.Cell(geo.LevelFixed)}},
	}
}

// point makes a reading of a device.
func point(t testing.TB, d *devices.Device, measurement string, at time.Time, fields map[string]float64, tags ...ingest.Tag) ingest.Point {
	t.Helper()
	m := schema.Lookup(measurement)
	p := ingest.Point{Measurement: m, Device: d, Place: d.Current(), Tags: tags, Position: d.Current().Point, Time: at}
	for i := range m.Fields {
		f := &m.Fields[i]
		if v, ok := fields[f.Name]; ok {
			p.Fields = append(p.Fields, ingest.FieldValue{Field: f, Float: v, Int: int64(v)})
		}
	}
	if len(p.Fields) != len(fields) {
		t.Fatalf("%s does not have all of %v", measurement, fields)
	}
	return p
}

// line writes a point as line protocol.
func line(p *ingest.Point) string {
	var b strings.Builder
	escape := strings.NewReplacer(" ", `\ `, ",", `\,`, "=", `\=`).Replace
	fmt.Fprintf(&b, "%s,comune=%s,device_id=%s,s2_cell_id=%s", p.Measurement.Name, p.Place.Comune, p.Device.ID, p.Place.Cell)
	if p.Place.Zone != "" {
		b.WriteString(",zone=" + escape(p.Place.Zone))
	}
	for _, t := range p.Tags {
		b.WriteString("," + t.Name + "=" + escape(t.Value))
	}
	fmt.Fprintf(&b, " lat=%v,lon=%v,q=%di", p.Position.Lat, p.Position.Lon, p.Quality)
	for _, f := range p.Fields {
		if f.Field.Type == schema.Int {
			fmt.Fprintf(&b, ",%s=%di", f.Field.Name, f.Int)
		} else {
			fmt.Fprintf(&b, ",%s=%v", f.Field.Name, f.Float)
		}
	}
	fmt.Fprintf(&b, " %d", p.Time.UnixNano())
	return b.String()
}

// demoCity is a fleet of every family over comuni of several initiatives, its
// points on spirals around the comune's own.
func demoCity() []devices.Device {
	kinds := []devices.Kind{devices.WifiAP, devices.Air, devices.WifiAP, devices.BBNode, devices.Noise, devices.Weather,
		devices.WifiAP, devices.Traffic, devices.Bin, devices.Light, devices.Water, devices.BBNode}
	zones := []string{"Municipio I", "Municipio II", "Municipio III", "Municipio VII", "Municipio X"}
	names := map[devices.Kind]string{devices.WifiAP: "Wi-Fi", devices.Air: "Aria", devices.BBNode: "Cabinet", devices.Noise: "Fonometro",
		devices.Weather: "Meteo", devices.Traffic: "Varco", devices.Bin: "Isola ecologica", devices.Light: "Lampione", devices.Water: "Idrometro"}
	var fleet []devices.Device
	for _, city := range []struct {
		code   string
		n      int
		spread float64
	}{{"058091", 190, 0.085}, {"082053", 60, 0.035}, {"046007", 24, 0.03}, {"027042", 52, 0.03}} {
		c, _ := geo.ComuneByCode(city.code)
		for i := range city.n {
			r := city.spread * math.Sqrt(float64(i+1)/float64(city.n))
			a := float64(i) * 2.39996
			p := geo.Point{Lat: c.Point.Lat + r*math.Sin(a), Lon: c.Point.Lon + r*1.3*math.Cos(a)}
			kind := kinds[i%len(kinds)]
			zone := ""
			if city.code == "058091" {
				zone = zones[i%len(zones)]
			}
			id := fmt.Sprintf("%s-%s-%03d", strings.ReplaceAll(string(kind), "_", "-"), city.code, i)
			d := device(id, kind, city.code, zone, p)
			d.Name = fmt.Sprintf("%s %s %d", names[kind], c.Name, i+1)
			fleet = append(fleet, d)
		}
	}
	return fleet
}

// demoPoint is a plausible reading of a device at a time.
func demoPoint(t testing.TB, d *devices.Device, at time.Time) ingest.Point {
	day := math.Sin(2 * math.Pi * (float64(at.Unix()%86400)/86400 - 0.3))
	own := float64(len(d.ID)*7+int(d.ID[len(d.ID)-1])) / 50
	wave := day + 0.15*math.Sin(float64(at.Unix())/700+own)
	switch d.Kind {
	case devices.WifiAP:
		return point(t, d, "wifi_ap", at, map[string]float64{"up": 1, "clients": math.Round(40 + 30*wave), "cpu_pct": 22 + 9*wave, "temp_c": 44 + 4*wave})
	case devices.BBNode:
		return point(t, d, "bb_link", at, map[string]float64{"up": 1, "rx_power_dbm": -18.2 + wave/5, "sync_down_kbps": 940000}, ingest.Tag{Name: "tech", Value: "ftth"})
	case devices.Air:
		return point(t, d, "air", at, map[string]float64{"pm25_ugm3": 14 + 5*wave, "pm10_ugm3": 24.5 + 8*wave, "no2_ugm3": 31 + 12*wave, "temp_c": 16 + 6*day, "rh_pct": 58 - 14*day}, ingest.Tag{Name: "grade", Value: "indicative"})
	case devices.Noise:
		return point(t, d, "noise", at, map[string]float64{"laeq_db": 61 + 7*wave})
	case devices.Weather:
		return point(t, d, "weather", at, map[string]float64{"temp_c": 16.4 + 6*day, "rh_pct": 55 - 15*day, "press_hpa": 1014.2, "wind_ms": 3 + wave})
	case devices.Traffic:
		return point(t, d, "traffic", at, map[string]float64{"count": math.Round(120 + 90*wave), "speed_kmh": 41 - 8*wave})
	case devices.Bin:
		return point(t, d, "bin", at, map[string]float64{"fill_pct": 40 + 20*wave})
	case devices.Light:
		return point(t, d, "light", at, map[string]float64{"lit": 1, "dim_pct": 70, "power_w": 48})
	default:
		return point(t, d, "water", at, map[string]float64{"level_m": 1.2 + wave/4})
	}
}

// romeAreas are real outlines of Roma and three neighbours.
func romeAreas(t testing.TB) []geo.Area {
	t.Helper()
	f, err := os.Open("testdata/comuni-roma-subset.geojson")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	areas, problems, err := geo.ReadBoundaries(f)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return areas
}
