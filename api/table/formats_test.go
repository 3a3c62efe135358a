package table_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"rione/api/table"
	"rione/ingest/schema"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 17, time.UTC)

// layout is of a measurement with a tag of its own and a field of each type.
func layout() *table.Layout {
	return &table.Layout{
		Name: "event", Tags: []string{"comune", "device_id", "type"}, Own: 2, Quality: true,
		Fields: []table.Field{{"value", schema.Float}, {"severity", schema.Int}, {"text", schema.Text}},
	}
}

// rows are one that has everything and one that has as little as possible.
func rows() []table.Row {
	return []table.Row{
		{Time: noon, Tags: []string{"058091", "air-1", "tilt"}, Lat: 41.5, Lon: 12.25, Q: int64(16), Fields: []any{21.5, int64(3), `a "b", c`}},
		{Time: noon.Add(time.Second), Tags: []string{"058091", "air-2", ""}, Fields: []any{nil, nil, nil}},
	}
}

// write returns what a format makes of rows.
func write(t *testing.T, format string, l *table.Layout, rows ...table.Row) string {
	t.Helper()
	f, ok := table.FormatOf(format)
	if !ok {
		t.Fatalf("no format %s", format)
	}
	var out bytes.Buffer
	w, err := f.Open(l, &out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Row(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFormatNames(t *testing.T) {
	f := func(name, media string) {
		t.Helper()
		if got, ok := table.FormatOf(name); !ok || got.Name != name || got.Media != media {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
	f("csv", "text/csv; charset=utf-8")
	f("ndjson", "application/x-ndjson")
	f("geojson", "application/geo+json")
	f("parquet", "application/vnd.apache.parquet")
	for _, name := range []string{"", "CSV", "xlsx"} {
		if _, ok := table.FormatOf(name); ok {
			t.Errorf("there is a format %q", name)
		}
	}
}

func TestColumns(t *testing.T) {
	l := layout()
	if got := strings.Join(l.Columns(), " "); got != "time comune device_id type lat lon q value severity text" {
		t.Error(got)
	}
	l.Quality = false
	if got := strings.Join(l.Columns(), " "); got != "time comune device_id type lat lon value severity text" {
		t.Error(got)
	}
	want := []table.Field{{"temp_c", schema.Float}}
	if got := table.FieldsOf(schema.Lookup("air"), []string{"temp_c"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestFloat(t *testing.T) {
	f := func(v, want any) {
		t.Helper()
		if got := table.Float(v); got != want {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
	f(1.5, 1.5)
	f(int64(3), 3.0)
	f("3", nil)
	f(true, nil)
	f(nil, nil)
}

func TestCSV(t *testing.T) {
	l := layout()
	want := "time,comune,device_id,type,lat,lon,q,value,severity,text\n" +
		"2026-07-01T12:00:00.000000017Z,058091,air-1,tilt,41.5,12.25,16,21.5,3,\"a \"\"b\"\", c\"\n" +
		"2026-07-01T12:00:01.000000017Z,058091,air-2,,,,,,,\n"
	if got := write(t, "csv", l, rows()...); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	l.Quality = false
	all, err := csv.NewReader(strings.NewReader(write(t, "csv", l, rows()...))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range all {
		if len(line) != len(l.Columns()) {
			t.Errorf("line %d has %d cells, the header %d", i, len(line), len(l.Columns()))
		}
	}
	if got := write(t, "csv", l); got != strings.Join(l.Columns(), ",")+"\n" {
		t.Errorf("without rows: %q", got)
	}
}

func TestNDJSON(t *testing.T) {
	want := `{"time":"2026-07-01T12:00:00.000000017Z","comune":"058091","device_id":"air-1","measurement":"event","tags":{"type":"tilt"},` +
		`"lat":41.5,"lon":12.25,"q":16,"fields":{"value":21.5,"severity":3,"text":"a \"b\", c"}}` + "\n" +
		`{"time":"2026-07-01T12:00:01.000000017Z","comune":"058091","device_id":"air-2","measurement":"event","fields":{}}` + "\n"
	if got := write(t, "ndjson", layout(), rows()...); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := write(t, "ndjson", layout()); got != "" {
		t.Errorf("without rows: %q", got)
	}
	odd := rows()[0]
	odd.Fields = []any{math.NaN(), int64(math.MaxInt64), "Città\n"}
	got := write(t, "ndjson", layout(), odd)
	if !json.Valid([]byte(got)) || strings.Contains(got, `"value"`) || !strings.Contains(got, `"severity":9223372036854775807,"text":"Città\n"`) {
		t.Errorf("no number, the largest integer and a text with a line's end: %s", got)
	}
}

func TestGeoJSON(t *testing.T) {
	want := `{"type":"FeatureCollection","features":[` + "\n" +
		`{"type":"Feature","geometry":{"type":"Point","coordinates":[12.25,41.5]},"properties":{"time":"2026-07-01T12:00:00.000000017Z",` +
		`"comune":"058091","device_id":"air-1","type":"tilt","q":16,"value":21.5,"severity":3,"text":"a \"b\", c"}},` + "\n" +
		`{"type":"Feature","geometry":null,"properties":{"time":"2026-07-01T12:00:01.000000017Z","comune":"058091","device_id":"air-2"}}` +
		"\n]}\n"
	if got := write(t, "geojson", layout(), rows()...); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := write(t, "geojson", layout()); got != `{"type":"FeatureCollection","features":[`+"\n]}\n" {
		t.Errorf("without rows: %q", got)
	}
	half := rows()[0]
	half.Lon = nil
	if got := write(t, "geojson", layout(), half); !strings.Contains(got, `"geometry":null`) {
		t.Errorf("half a position is a position: %s", got)
	}
}

// event is a row as a reader of Parquet that knows the columns finds it.
type event struct {
	Time     int64    `parquet:"time,timestamp(nanosecond)"`
	Comune   *string  `parquet:"comune,optional"`
	Device   *string  `parquet:"device_id,optional"`
	Type     *string  `parquet:"type,optional"`
	Lat      *float64 `parquet:"lat,optional"`
	Lon      *float64 `parquet:"lon,optional"`
	Q        *int64   `parquet:"q,optional"`
	Value    *float64 `parquet:"value,optional"`
	Severity *int64   `parquet:"severity,optional"`
	Text     *string  `parquet:"text,optional"`
}

func readParquet(t *testing.T, file string) []event {
	t.Helper()
	found, err := parquet.Read[event](strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func of[T any](v T) *T { return &v }

func TestParquet(t *testing.T) {
	all := rows()
	all[0].Fields[0] = int64(21) // a whole float comes as an integer
	want := []event{
		{noon.UnixNano(), of("058091"), of("air-1"), of("tilt"), of(41.5), of(12.25), of(int64(16)), of(21.0), of(int64(3)), of(`a "b", c`)},
		{Time: noon.Add(time.Second).UnixNano(), Comune: of("058091"), Device: of("air-2")},
	}
	if got := readParquet(t, write(t, "parquet", layout(), all...)); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if got := readParquet(t, write(t, "parquet", layout())); len(got) != 0 {
		t.Errorf("without rows: %+v", got)
	}
	l := layout()
	l.Quality = false
	all[0].Q = nil
	bare := write(t, "parquet", l, all...)
	file, err := parquet.OpenFile(strings.NewReader(bare), int64(len(bare)))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := file.Schema().Lookup("q"); ok || file.Schema().Name() != "event" {
		t.Errorf("a table without quality has the columns %v", file.Schema().Columns())
	}
}

// TestManyRows passes the bounds of what is handed over at once and of a row
// group: rows whose slices are used again must not show in others.
func TestManyRows(t *testing.T) {
	const n = 20_500
	l := layout()
	f, _ := table.FormatOf("parquet")
	var out bytes.Buffer
	w, err := f.Open(l, &out)
	if err != nil {
		t.Fatal(err)
	}
	row := table.Row{Tags: []string{"058091", "air-1", ""}, Fields: []any{nil, nil, nil}}
	for i := range n {
		row.Time, row.Fields[1], row.Tags[2] = noon.Add(time.Duration(i)), int64(i), []string{"", "tilt"}[i%2]
		if err := w.Row(&row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	found := readParquet(t, out.String())
	if len(found) != n {
		t.Fatalf("%d rows, want %d", len(found), n)
	}
	for i, e := range found {
		if e.Time != noon.UnixNano()+int64(i) || *e.Severity != int64(i) || (e.Type != nil) != (i%2 == 1) || e.Value != nil {
			t.Fatalf("row %d is %+v", i, e)
		}
	}
	file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range file.RowGroups() {
		if g.NumRows() > 20_000 {
			t.Errorf("row group %d has %d rows", i, g.NumRows())
		}
	}
}

// failing takes so many bytes and then no more.
type failing struct{ left int }

var errFull = errors.New("the disk is full")

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestWritesThatFail holds that no format swallows an error of what it writes to,
// wherever that comes.
func TestWritesThatFail(t *testing.T) {
	for _, format := range table.Formats() {
		whole := len(write(t, format.Name, layout(), rows()...))
		for left := 0; left < whole; left += 1 + whole/50 {
			if err := writeTo(format, &failing{left: left}); !errors.Is(err, errFull) {
				t.Fatalf("%s, after %d bytes: %v", format.Name, left, err)
			}
		}
	}
}

func writeTo(f table.Format, to io.Writer) error {
	w, err := f.Open(layout(), to)
	if err != nil {
		return err
	}
	for _, r := range rows() {
		if err := w.Row(&r); err != nil {
			return err
		}
	}
	return w.Close()
}
