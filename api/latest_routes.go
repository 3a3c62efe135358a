package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/appendjson"
	"rione/devices"
	"rione/ingest/schema"
)

// Media types of answers that are written by hand.
const (
	jsonType    = "application/json"
	geojsonType = "application/geo+json"
)

// LatestPage is one page of latest readings.
type LatestPage struct {
	Devices []DeviceLatest `json:"devices"`
	Next    string         `json:"next,omitempty" doc:"Cursor of the following page."`
}

type latestInput struct {
	DeviceFilter
	Device      string          `query:"device" maxLength:"4000" doc:"device_ids, separated by commas."`
	Measurement MeasurementName `query:"measurement" doc:"Only this measurement, see /v1/schema."`
	Format      string          `query:"format" enum:"json,geojson" doc:"geojson also by Accept: application/geo+json."`
	DeviceOrder
	Limit  int    `query:"limit" default:"1000" minimum:"1" maximum:"10000"`
	Cursor string `query:"cursor" maxLength:"2000" doc:"What the page before gave as next."`
	Accept string `header:"Accept"`
}

// encoded is an answer that is already bytes.
type encoded struct {
	ContentType string `header:"Content-Type"`
	Vary        string `header:"Vary"`
	Body        []byte
}

func (s *Server) latestReadings(ctx context.Context, in *latestInput) (*encoded, error) {
	choose, err := in.chooser(s.place, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	only, err := measurementOf(in.Measurement)
	if err != nil {
		return nil, err
	}
	choose.ids = setOf(in.Device)
	chosen, err := s.pageOf(choose, "", paging{in.Sort, in.Cursor, in.Limit})
	if err != nil {
		return nil, err
	}
	page := latestPage{s: s, only: only, now: s.o.Now(), next: chosen.next}
	page.geojson = in.Format == "geojson" || in.Format == "" && strings.Contains(in.Accept, geojsonType)
	page.open(len(chosen.devices))
	for i, d := range chosen.devices {
		page.add(d, i > 0)
	}
	return page.close(), nil
}

// measurementOf looks up a measurement that a client named; "" is nil.
func measurementOf(name MeasurementName) (*schema.Measurement, error) {
	if name == "" {
		return nil, nil
	}
	m := schema.Lookup(string(name))
	if m == nil || !isReading(m) {
		return nil, badQuery("measurement", "it holds no readings of devices; /v1/schema lists those that do")
	}
	return m, nil
}

// MeasurementName is a query parameter that names a measurement of readings.
type MeasurementName string

// Schema implements huma.SchemaProvider: the names are those of the contract.
func (MeasurementName) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, m := range schema.All() {
		if isReading(m) {
			s.Enum = append(s.Enum, m.Name)
		}
	}
	return s
}

// latestPage writes one page.
type latestPage struct {
	s       *Server
	only    *schema.Measurement
	now     time.Time
	geojson bool
	next    string

	out []byte
}

func (p *latestPage) open(devices int) {
	p.out = make([]byte, 0, objectSize*devices+64)
	if p.geojson {
		p.out = append(p.out, `{"type":"FeatureCollection","features":[`...)
	} else {
		p.out = append(p.out, `{"devices":[`...)
	}
}

// add writes one device.
func (p *latestPage) add(d *devices.Device, more bool) {
	if more {
		p.out = append(p.out, ',')
	}
	v := p.s.shown(d, p.now)
	v.only = p.only
	if p.geojson {
		p.out = appendGeometry(append(p.out, `{"type":"Feature","id":`...), &v)
		p.out = append(p.out, `,"properties":`...)
	}
	p.s.o.Latest.view(d.ID, func(l *latestDevice) { p.out = appendLatest(p.out, &v, l) })
	if p.geojson {
		p.out = append(p.out, '}')
	}
}

func (p *latestPage) close() *encoded {
	p.out = append(p.out, ']')
	if p.next != "" {
		p.out = appendjson.Member(append(p.out, ','), "next", p.next)
	}
	out := &encoded{ContentType: jsonType, Vary: "Accept", Body: append(p.out, '}')}
	if p.geojson {
		out.ContentType = geojsonType
	}
	return out
}

func (s *Server) shown(d *devices.Device, now time.Time) shown {
	at, ok := s.place(d)
	return shown{device: d, lat: at.Lat, lon: at.Lon, placed: ok, now: now}
}

// appendGeometry appends the id and geometry of a feature, which stand before
// its properties.
func appendGeometry(b []byte, v *shown) []byte {
	b = appendjson.String(b, v.device.ID)
	if !v.placed {
		return append(b, `,"geometry":null`...)
	}
	b = appendjson.Number(append(b, `,"geometry":{"type":"Point","coordinates":[`...), v.lon)
	b = appendjson.Number(append(b, ','), v.lat)
	return append(b, "]}"...)
}

// described returns the answer of an operation that writes its own JSON, for
// the description.
func (s *Server) described(what string, t reflect.Type, more ...string) map[string]*huma.Response {
	content := map[string]*huma.MediaType{
		jsonType: {Schema: huma.SchemaFromType(s.api.OpenAPI().Components.Schemas, t)},
	}
	for _, media := range more {
		content[media] = &huma.MediaType{Schema: &huma.Schema{}}
	}
	return map[string]*huma.Response{"200": {Description: what, Content: content}}
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

func (s *Server) routeLatest(tags []string) {
	handle(s, huma.Operation{OperationID: "latest-readings", Method: http.MethodGet, Path: "/v1/readings/latest", Tags: tags,
		Summary:   "The newest value of every field, by device",
		Responses: s.described("latest readings", typeOf[LatestPage](), geojsonType)}, s.latestReadings)
}
