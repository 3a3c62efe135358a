package api

import (
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/opendata"
	"rione/api/table"
)

// describeOpen adds the public doors, which are not huma's routes, to the
// description. The standards have descriptions of their own, which it names.
func (s *Server) describeOpen() {
	if s.open == nil {
		return
	}
	doc := s.api.OpenAPI()
	doc.Info.Description += " Without a token: open data at /opendata and /catalog, and what is published of it as OGC API Features (/ogc/api) and SensorThings (/sta/v1.1), where a token shows what /v1 shows its bearer."
	text := &huma.Schema{Type: huma.TypeString}
	catalogue := map[string]*huma.MediaType{"text/turtle": {Schema: text}, "application/ld+json": {Schema: &huma.Schema{}}, "application/rdf+xml": {Schema: text}}
	s.describeDoor("catalogue", "/catalog", "The catalogue of what is published, DCAT-AP_IT; also /catalog.ttl, .jsonld and .rdf", catalogue, []int{406},
		&huma.Param{Name: "Accept", In: "header", Schema: text})
	lang := &huma.Schema{Type: huma.TypeString, Enum: []any{"it", "en"}}
	s.describeDoor("open-data", "/opendata", "What is published, a page for people", map[string]*huma.MediaType{"text/html": {Schema: text}}, nil,
		&huma.Param{Name: "lang", In: "query", Schema: lang})
	files := map[string]*huma.MediaType{jsonType: {Schema: huma.SchemaFromType(doc.Components.Schemas, typeOf[opendata.Description]())}}
	for _, f := range table.Formats() {
		files[f.Media] = fileType(f.Media)
	}
	when := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: "date-time"} }
	s.describeDoor("data-set", "/opendata/{file}", "One data set: ID.csv, .ndjson, .geojson or .parquet by time, ID.json about it", files, []int{404},
		&huma.Param{Name: "file", In: "path", Required: true, Schema: text, Example: "roma-air.csv"},
		&huma.Param{Name: "start", In: "query", Schema: when(), Description: "Included; seven days before end when empty, 31 at most."},
		&huma.Param{Name: "end", In: "query", Schema: when(), Description: "Not included; the newest that is published when empty."},
		&huma.Param{Name: "bbox", In: "query", Schema: text, Description: "minLon,minLat,maxLon,maxLat, of the published positions."})
}

// describeDoor adds one address that everybody may read.
func (s *Server) describeDoor(id, path, summary string, content map[string]*huma.MediaType, errs []int, parameters ...*huma.Param) {
	doc := s.api.OpenAPI()
	op := &huma.Operation{
		OperationID: id, Method: "GET", Path: path, Tags: []string{"open data"}, Summary: summary, Parameters: parameters,
		Description: access["GET "+path].String(), Responses: map[string]*huma.Response{"200": {Description: summary, Content: content}, "304": {Description: "As the client has it."}},
	}
	problemSchema := huma.SchemaFromType(doc.Components.Schemas, typeOf[huma.ErrorModel]())
	for _, status := range append([]int{400, 401, 429, 503}, errs...) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Description: "a problem", Content: map[string]*huma.MediaType{problemType: {Schema: problemSchema}}}
	}
	if path == "/opendata/{file}" {
		op.Responses["303"] = &huma.Response{Description: "An id without an ending leads to its place on the page."}
	}
	doc.AddOperation(op)
}
