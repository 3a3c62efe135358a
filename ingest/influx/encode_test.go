package influx_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/influxdata/influxdb-client-go/v2/api/write"
	protocol "github.com/influxdata/line-protocol"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/schema"
)

// noon is when the test points were read.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 17, time.UTC)

// device returns a device that has stood in one place for ever.
func device(id, zone string) *devices.Device {
	at := geo.Point{Lat: 41.9, Lon: 12.5}
	return &devices.Device{ID: id, Kind: devices.WifiAP, Placements: []devices.Placement{
		{Comune: "058091", Zone: zone, Point: at, Cell: at.Cell(geo.LevelFixed)},
	}}
}

// value makes a field of a measurement from a float64, int or string.
func value(measurement, field string, v any) ingest.FieldValue {
	f := ingest.FieldValue{Field: schema.Lookup(measurement).Field(field)}
	switch v := v.(type) {
	case float64:
		f.Float = v
	case int:
		f.Int = int64(v)
	case string:
		f.Text = v
	}
	return f
}

// point is a reading of d with the given fields.
func point(d *devices.Device, measurement string, tags []ingest.Tag, fields ...ingest.FieldValue) *ingest.Point {
	p := &ingest.Point{Measurement: schema.Lookup(measurement), Tags: tags, Fields: fields, Time: noon}
	if d != nil {
		p.Device, p.Place = d, d.At(noon)
		p.Position = p.Place.Point
	}
	return p
}

func TestAppendPointWritesLines(t *testing.T) {
	site := &influx.Site{} // of one device after the other
	f := func(p *ingest.Point, want string) {
		t.Helper()
		for _, s := range []*influx.Site{nil, site, site} { // without one, made, then kept
			if got := string(influx.AppendPoint(nil, p, s)); got != want+" 1777896000000000017\n" {
				t.Errorf("got  %swant %s 1777896000000000017", got, want)
			}
		}
	}
	ap := device("ap-1", "Municipio I")
	bare := device("ap-2", "")
	cell := ap.Placements[0].Cell
	where := ",lat=41.9,lon=12.5,q=0i"

	f(point(ap, "wifi_ap", nil, value("wifi_ap", "clients", 12), value("wifi_ap", "temp_c", 41.5)),
		`wifi_ap,comune=058091,device_id=ap-1,s2_cell_id=`+cell+`,zone=Municipio\ I clients=12i,temp_c=41.5`+where)
	f(point(bare, "noise", nil, value("noise", "laeq_db", 61.0)),
		`noise,comune=058091,device_id=ap-2,s2_cell_id=`+cell+` laeq_db=61`+where)
	f(point(bare, "device", nil), // nothing but where it is
		`device,comune=058091,device_id=ap-2,s2_cell_id=`+cell+` lat=41.9,lon=12.5,q=0i`)

	// Extra tags are sorted in among the four.
	f(point(ap, "wifi_radio", []ingest.Tag{{Name: "radio", Value: "1"}, {Name: "band", Value: "5g"}}, value("wifi_radio", "clients", 3)),
		`wifi_radio,band=5g,comune=058091,device_id=ap-1,radio=1,s2_cell_id=`+cell+`,zone=Municipio\ I clients=3i`+where)
	f(point(bare, "bb_probe", []ingest.Tag{{Name: "target", Value: "a,b=c"}, {Name: "zzz", Value: "1"}, {Name: "af", Value: "4"}}, value("bb_probe", "sent", 3)),
		`bb_probe,af=4,comune=058091,device_id=ap-2,s2_cell_id=`+cell+`,target=a\,b\=c,zzz=1 sent=3i`+where)
	// One that claims a common tag, comes twice or is empty is left out.
	f(point(bare, "people", []ingest.Tag{{Name: "comune", Value: "015146"}, {Name: "line", Value: "1"}, {Name: "line", Value: "2"}, {Name: "dir", Value: ""}}, value("people", "in_n", 3)),
		`people,comune=058091,device_id=ap-2,line=1,s2_cell_id=`+cell+` in_n=3i`+where)

	// A point of no device has its own tags only.
	f(point(nil, "ledger", []ingest.Tag{{Name: "door", Value: "mqtt"}, {Name: "comune", Value: "058091"}}, value("ledger", "acked", 7)),
		`ledger,comune=058091,door=mqtt acked=7i`)
	f(point(nil, "event", nil, value("event", "text", `a "b" \c`)), `event text="a \"b\" \\c"`)

	// Shortest floats that read back the same, whole integers.
	f(point(nil, "indicator", nil, value("indicator", "value", 0.30000000000000004), value("indicator", "baseline", -1e-9), value("indicator", "target", 123456789.0)),
		`indicator value=0.30000000000000004,baseline=-1e-09,target=1.23456789e+08`)
	f(point(nil, "ledger", nil, value("ledger", "bytes", math.MaxInt64), value("ledger", "acked", math.MinInt64)),
		`ledger bytes=9223372036854775807i,acked=-9223372036854775808i`)

	moved := point(ap, "device", nil, value("device", "online", 1))
	moved.Position, moved.Quality = geo.Point{Lat: -0.5, Lon: 180}, ingest.DeviceFault|ingest.Late
	f(moved, `device,comune=058091,device_id=ap-1,s2_cell_id=`+cell+`,zone=Municipio\ I online=1i,lat=-0.5,lon=180,q=144i`)
}

func TestSiteFollowsAPlacement(t *testing.T) {
	site := &influx.Site{}
	d := device("ap-1", "old")
	influx.AppendPoint(nil, point(d, "device", nil), site)
	there := d.Placements[0]
	there.Zone = "new"
	p := point(d, "device", nil)
	p.Place = &there
	if got := string(influx.AppendPoint(nil, p, site)); !strings.Contains(got, "zone=new") {
		t.Errorf("the kept text outlived its placement: %s", got)
	}
}

// Two devices on one pole may share the value of their placement; a Site that
// goes from one to the other is always that of the point at hand.
func TestSiteFollowsADevice(t *testing.T) {
	site := &influx.Site{}
	a, b := device("ap-1", "z"), device("ap-2", "z")
	b.Placements = a.Placements
	for range 2 {
		for _, d := range []*devices.Device{a, b} {
			got := string(influx.AppendPoint(nil, point(d, "device", nil), site))
			if want := "device_id=" + d.ID + ","; !strings.Contains(got, want) {
				t.Errorf("got %s, want %s in it", got, want)
			}
		}
	}
}

// The encoder relies on it: names are written as they are.
func TestSchemaNamesNeedNoEscaping(t *testing.T) {
	for _, m := range schema.All() {
		names := []string{m.Name}
		for _, f := range m.Fields {
			names = append(names, f.Name)
		}
		for _, name := range names {
			if name == "" || strings.ContainsAny(name, " ,=\\\"\n") {
				t.Errorf("%s: name %q would break its line", m.Name, name)
			}
		}
	}
}

func TestAppendPointAllocatesNothing(t *testing.T) {
	site, p := &influx.Site{}, typical()
	buf := make([]byte, 0, 1<<10)
	if n := testing.AllocsPerRun(1000, func() { buf = influx.AppendPoint(buf[:0], p, site) }); n != 0 {
		t.Errorf("%v allocations a point", n)
	}
}

// FuzzEncode checks lines against the parser of the format's own makers.
func FuzzEncode(f *testing.F) {
	f.Add("Municipio I", "a b", `say "hi"\`, 1.5, int64(-3), int64(1777896000000000017))
	f.Add(`back\`, `\,=`, "line\nbreak", math.SmallestNonzeroFloat64, int64(math.MaxInt64), int64(1))
	f.Fuzz(func(t *testing.T, zone, tag, text string, x float64, n, ns int64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Skip("the normalizer refuses these")
		}
		d := device("ap-1", zone)
		p := point(d, "event", []ingest.Tag{{Name: "type", Value: tag}}, value("event", "text", text), value("event", "severity", int(n)))
		p.Fields = append(p.Fields, ingest.FieldValue{Field: schema.Lookup("indicator").Field("value"), Float: x})
		p.Time = time.Unix(0, ns)
		line := influx.AppendPoint(nil, p, nil)
		handler := protocol.NewMetricHandler()
		metrics, err := protocol.NewParser(handler).Parse(line)
		if err != nil || len(metrics) != 1 {
			t.Fatalf("%q: %d metrics, %v", line, len(metrics), err)
		}
		m := metrics[0]
		tags := map[string]string{}
		for _, tag := range m.TagList() {
			tags[tag.Key] = tag.Value
		}
		if tags["zone"] != plain(zone) || tags["type"] != plain(tag) || tags["device_id"] != "ap-1" {
			t.Errorf("%q: tags %v", line, tags)
		}
		fields := map[string]any{}
		for _, field := range m.FieldList() {
			fields[field.Key] = field.Value
		}
		if fields["text"] != spaced(text) || fields["severity"] != n || fields["value"] != x || fields["lat"] != 41.9 || fields["q"] != int64(0) {
			t.Errorf("%q: fields %v", line, fields)
		}
		if !m.Time().Equal(p.Time) {
			t.Errorf("%q: time %v", line, m.Time())
		}
	})
}

// plain is what a tag's value becomes where line protocol cannot say it.
func plain(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == '\\' {
			b[i] = '/'
		} else if c < ' ' {
			b[i] = ' '
		}
	}
	return string(b)
}

// spaced is what a text becomes: without control characters but line breaks.
func spaced(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' && c != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// typical is a point as most are: three fields, no extra tags.
func typical() *ingest.Point {
	return point(device("ap-000123", "Municipio I"), "air", nil,
		value("air", "pm10_ugm3", 21.4), value("air", "temp_c", 18.25), value("air", "rh_pct", 48.0))
}

func BenchmarkEncode(b *testing.B) {
	f := func(name string, p *ingest.Point) {
		b.Run(name, func(b *testing.B) {
			site, buf := &influx.Site{}, make([]byte, 0, 1<<10)
			b.ReportAllocs()
			for b.Loop() {
				buf = influx.AppendPoint(buf[:0], p, site)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
	f("three fields", typical())
	radio := point(device("ap-000123", "Municipio I"), "wifi_radio", []ingest.Tag{{Name: "band", Value: "5g"}, {Name: "radio", Value: "1"}},
		value("wifi_radio", "clients", 12), value("wifi_radio", "channel", 36), value("wifi_radio", "util_pct", 23.5))
	f("three fields and two tags", radio)
}

// BenchmarkEncodeColdDevices is Encode for points whose sites nobody keeps.
func BenchmarkEncodeColdDevices(b *testing.B) {
	buf := make([]byte, 0, 1<<10)
	points := make([]*ingest.Point, 50_000)
	for i := range points {
		points[i] = typical()
		points[i].Device.ID = fmt.Sprintf("ap-%06d", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		buf = influx.AppendPoint(buf[:0], points[i%len(points)], nil)
	}
}

// BenchmarkEncodeClientLibrary is the same point by the client library.
func BenchmarkEncodeClientLibrary(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p := write.NewPoint("air",
			map[string]string{"comune": "058091", "device_id": "ap-000123", "s2_cell_id": "132f61", "zone": "Municipio I"},
			map[string]any{"pm10_ugm3": 21.4, "temp_c": 18.25, "rh_pct": 48.0, "lat": 41.9, "lon": 12.5, "q": int64(0)}, noon)
		_ = write.PointToLineProtocol(p, time.Nanosecond)
	}
}
