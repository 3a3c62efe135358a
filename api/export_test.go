package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"rione/api/table"
	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// TestExportOfManyRows exports more rows than one piece of an answer holds.
func TestExportOfManyRows(t *testing.T) {
	store, server := withInflux(t)
	r := newRig(t, smallFleet(), store, func(o *Options) { o.Now = func() time.Time { return noon } })
	const n = 20_500
	d := r.registry.Snapshot().Device("air-1")
	lines := make([]string, n)
	for i := range lines {
		p := point(t, d, "air", noon.Add(-time.Duration(i+1)*time.Second), map[string]float64{"temp_c": float64(i)})
		lines[i] = line(&p)
	}
	write(t, server, lines)
	w := r.do(request{path: "/v1/readings/export?device=air-1&fields=temp_c"})
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != n+1 || rows[1][8] != fmt.Sprint(n-1) || rows[n][8] != "0" {
		t.Fatalf("%v: %d rows", err, len(rows))
	}
}

// TestExportFormats reads the same rows in every format.
func TestExportFormats(t *testing.T) {
	r := readingsRig(t)
	body := func(format string) []byte {
		t.Helper()
		w := r.do(request{path: "/v1/readings/export?device=air-1&fields=temp_c,no2_ugm3&start=2026-03-01T11:58:00Z&format=" + format})
		if f, _ := table.FormatOf(format); w.Code != 200 || w.Header().Get("Content-Type") != f.Media || !strings.Contains(w.Header().Get("Content-Disposition"), "air."+f.Name) {
			t.Fatalf("%s: %d %v", format, w.Code, w.Header())
		}
		return w.Body.Bytes()
	}
	rows, err := csv.NewReader(bytes.NewReader(body("csv"))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][1] != "air-1" || rows[1][4] != "indicative" || rows[1][5] != "41.9" {
		t.Fatalf("%v %v", err, rows)
	}
	var features struct {
		Type     string
		Features []struct {
			Type     string
			Geometry struct {
				Type        string
				Coordinates []float64
			}
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(body("geojson"), &features); err != nil || features.Type != "FeatureCollection" || len(features.Features) != 2 {
		t.Fatalf("%v %+v", err, features)
	}
	if f := features.Features[0]; f.Geometry.Coordinates[1] != 41.9 || f.Properties["grade"] != "indicative" || fmt.Sprint(f.Properties["temp_c"]) != rows[1][8] {
		t.Errorf("%+v, not %v", f, rows[1])
	}
	table := readParquet(t, body("parquet"))
	if len(table) != 2 || table[0]["device_id"] != "air-1" || fmt.Sprint(table[0]["temp_c"]) != rows[1][8] || table[0]["lat"] != 41.9 || table[0]["q"] != int64(0) {
		t.Errorf("%v, not %v", table, rows[1])
	}
	if at := time.Unix(0, table[1]["time"].(int64)).UTC().Format(time.RFC3339Nano); at != rows[2][0] {
		t.Errorf("time %s, not %s", at, rows[2][0])
	}
	problemOf(t, r.do(request{path: "/v1/readings/export?device=air-1&format=xlsx"}), 422)
}

// readParquet reads a file as rows of named values; what is null is absent.
func readParquet(t testing.TB, b []byte) []map[string]any {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	columns := file.Schema().Columns()
	var out []map[string]any
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 100)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				out = append(out, namedValues(row, columns))
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func namedValues(row parquet.Row, columns [][]string) map[string]any {
	named := make(map[string]any)
	for _, v := range row {
		name := columns[v.Column()][0]
		switch {
		case v.IsNull():
		case v.Kind() == parquet.Double:
			named[name] = v.Double()
		case v.Kind() == parquet.Int64:
			named[name] = v.Int64()
		default:
			named[name] = string(v.ByteArray())
		}
	}
	return named
}

func TestExportsOfNothingAreWhole(t *testing.T) {
	r := readingsRig(t)
	f := func(format, want string) {
		t.Helper()
		w := r.do(request{path: "/v1/readings/export?device=air-1&measurement=noise&fields=laeq_db&format=" + format})
		if w.Code != 200 || !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("%s: %d %q", format, w.Code, w.Body)
		}
	}
	f("csv", "time,device_id,comune,zone,lat,lon,q,laeq_db\n")
	f("ndjson", "")
	f("geojson", "{\"type\":\"FeatureCollection\",\"features\":[\n]}\n")
	f("parquet", "PAR1")
}

func TestExportOfAHomeHasNoPlace(t *testing.T) {
	r := readingsRig(t)
	for _, f := range table.Formats() {
		format := f.Name
		w := r.do(request{path: "/v1/readings/export?device=bb-home-1&format=" + format})
		if w.Code != 200 || strings.Contains(w.Body.String(), "41.91") {
			t.Errorf("%s: %d", format, w.Code)
		}
		if format != "parquet" {
			continue
		}
		for _, row := range readParquet(t, w.Body.Bytes()) {
			if row["lat"] != nil || row["lon"] != nil {
				t.Fatalf("%v", row)
			}
		}
	}
}

// TestMoversAreRead finds readings of both buckets as one list by time.
func TestMoversAreRead(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets(schema.BucketFixed, schema.BucketMovers)
	r := newRig(t, smallFleet(), func(o *Options) {
		o.Store, o.Movers, o.Now = server.Client(), schema.BucketMovers, func() time.Time { return noon }
	})
	d := r.registry.Snapshot().Device("air-1")
	for i, bucket := range []string{schema.BucketFixed, schema.BucketMovers} {
		var lines []string
		for minute := range 4 {
			p := point(t, d, "air", noon.Add(-time.Duration(10+2*minute+i)*time.Minute), map[string]float64{"temp_c": float64(10 + i)})
			lines = append(lines, line(&p))
		}
		writeTo(t, server, bucket, lines)
	}
	page := get[ReadingPage](r, "/v1/readings?device=air-1")
	if len(page.Readings) != 8 {
		t.Fatalf("%d readings, want those of both buckets", len(page.Readings))
	}
	for i := 1; i < len(page.Readings); i++ {
		if !page.Readings[i].Time.After(page.Readings[i-1].Time) {
			t.Errorf("reading %d is not after the one before", i)
		}
	}
	mean := get[ReadingPage](r, "/v1/readings?device=air-1&window=1h&fields=temp_c&aggregate=count")
	if len(mean.Readings) != 1 || mean.Readings[0].Fields["temp_c"] != 8.0 {
		t.Errorf("aggregate %+v", mean)
	}
	if rows := strings.Count(r.do(request{path: "/v1/readings/export?comune=058091&measurement=air"}).Body.String(), "\n"); rows != 9 {
		t.Errorf("export of %d lines", rows)
	}
}

// brokenOff is a store whose answer ends in the middle.
type brokenOff struct{ Store }

func (brokenOff) QueryEach(_ context.Context, _, _ string, f func(*ingest.Series) error) error {
	row := []any{noon, "air-1", 1.5}
	piece := &ingest.Series{Name: "air", Columns: []string{"time", "device_id", "temp_c"}}
	for range 10_000 {
		piece.Values = append(piece.Values, row)
	}
	if err := f(piece); err != nil {
		return err
	}
	return errors.New("connection reset by 10.0.0.7:8086")
}

// TestExportThatBreaksOff must not look like a whole one.
func TestExportThatBreaksOff(t *testing.T) {
	r := newRig(t, smallFleet(), func(o *Options) { o.Store = brokenOff{brokenStore{}} })
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + r.Addr().String() + "/v1/readings/export?device=air-1")
	if err == nil {
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
	}
	if err == nil {
		t.Error("the client could not tell")
	}
	for end := time.Now().Add(10 * time.Second); len(r.exports) != 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d exports are still counted", len(r.exports))
		}
	}
}

// TestExportThatNeverBegins is a problem, since nothing was sent yet.
func TestExportThatNeverBegins(t *testing.T) {
	r := newRig(t, smallFleet())
	body := problemOf(t, r.do(request{path: "/v1/readings/export?device=air-1"}), 503)
	if strings.Contains(body, "10.0.0.7") {
		t.Errorf("the store's address leaks: %s", body)
	}
	if len(r.exports) != 0 {
		t.Errorf("%d exports are still counted", len(r.exports))
	}
}

// endless is a store that gives n rows of a measurement of many devices, made
// as they are asked for.
type endless struct {
	Store
	rows int
	ids  []string
}

func (s *endless) QueryEach(_ context.Context, _, _ string, f func(*ingest.Series) error) error {
	columns := []string{"time", "temp_c", "rh_pct", "lat", "lon", "q", "comune", "device_id", "s2_cell_id", "zone", "grade"}
	for given := 0; given < s.rows; {
		piece := &ingest.Series{Name: "air", Columns: columns}
		for range min(10_000, s.rows-given) {
			given++
			piece.Values = append(piece.Values, []any{noon.Add(time.Duration(given) * time.Second), float64(given%400) / 10, 51.5, 41.9, 12.5,
				int64(0), "058091", s.ids[given%len(s.ids)], "132f61", "Municipio I", "indicative"})
		}
		if err := f(piece); err != nil {
			return err
		}
	}
	return nil
}

// measured is an answer that is thrown away, and the largest heap meanwhile.
type measured struct {
	header  http.Header
	bytes   int64
	writes  int
	highest atomic.Uint64
}

func (m *measured) Header() http.Header { return m.header }
func (*measured) WriteHeader(int)       {}

func (m *measured) Write(b []byte) (int, error) {
	m.bytes += int64(len(b))
	if m.writes++; m.writes%50 == 0 {
		var mem runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&mem)
		m.highest.Store(max(m.highest.Load(), mem.HeapAlloc))
	}
	return len(b), nil
}

// TestExportOfAMillionRows keeps memory to a bound that does not depend on the
// rows, in every format.
func TestExportOfAMillionRows(t *testing.T) {
	const bound = 48 << 20
	rows := 1_000_000
	if testing.Short() {
		rows /= 10
	}
	r := newRig(t, smallFleet(), func(o *Options) { o.Store = &endless{rows: rows, ids: []string{"air-1", "wifi-1"}} })
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, f := range table.Formats() {
		format := f.Name
		w := &measured{header: make(http.Header)}
		req, _ := http.NewRequest(http.MethodGet, "http://localhost/v1/readings/export?comune=058091&measurement=air&fields=temp_c,rh_pct&format="+format, nil)
		req.RemoteAddr = "127.0.0.1:5000"
		start := time.Now()
		r.Handler().ServeHTTP(w, req)
		grown := int64(w.highest.Load()) - int64(before.HeapAlloc)
		t.Logf("%s: %d MB in %v, heap grew by at most %.1f MB", format, w.bytes>>20, time.Since(start).Round(time.Millisecond), float64(grown)/(1<<20))
		if w.bytes < int64(rows) || grown > bound {
			t.Errorf("%s: %d bytes, heap grew by %d MB", format, w.bytes, grown>>20)
		}
	}
}

// BenchmarkExport reads a million rows of many devices from a real InfluxDB.
func BenchmarkExport(b *testing.B) {
	const n, each = 1000, 1000
	server := influxtest.Start(b)
	server.Buckets(schema.BucketFixed)
	r := bigRig(b, n)
	r.o.Store, r.o.Now = server.Client(), func() time.Time { return noon }
	for minute := range each {
		var lines []string
		for _, d := range r.registry.Snapshot().All() {
			p := point(b, d, "air", noon.Add(-time.Duration(minute+1)*time.Minute), map[string]float64{"temp_c": 21.5, "rh_pct": 40.25})
			lines = append(lines, line(&p))
		}
		write(b, server, lines)
	}
	for _, f := range table.Formats() {
		format := f.Name
		b.Run(format, func(b *testing.B) {
			r.bench(b, "/v1/readings/export?comune=058091&measurement=air&fields=temp_c,rh_pct&format="+format, 10_000)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*each), "ns/row")
		})
	}
}
