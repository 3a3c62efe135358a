package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rione/api/table"
	"rione/ingest/schema"
)

// maxExports bounds exports at once.
const maxExports = 8

type exportInput struct {
	ReadingChoice
	Format string `query:"format" enum:"csv,ndjson,geojson,parquet" default:"csv"`
}

func (s *Server) routeExport(tags []string) {
	content := map[string]*huma.MediaType{}
	for _, f := range table.Formats() {
		content[f.Media] = fileType(f.Media)
	}
	handle(s, huma.Operation{OperationID: "export-readings", Method: http.MethodGet, Path: "/v1/readings/export", Tags: tags,
		Summary: "All readings of a range of time as one stream",
		Description: "CSV with a header line, a JSON object a line, a GeoJSON FeatureCollection, or Parquet. " +
			"A stream that ends early breaks the connection, so that nobody takes a part for the whole.",
		Errors: []int{404}, Responses: map[string]*huma.Response{"200": {Description: "readings, by time", Content: content}}}, s.exportReadings)
}

// fileType describes a file: what is JSON as an object, all else as text.
func fileType(media string) *huma.MediaType {
	if media == geojsonType {
		return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject}}
	}
	return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
}

func (s *Server) exportReadings(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	q, err := s.choose(ctx, &in.ReadingChoice)
	if err != nil {
		return nil, err
	}
	format, _ := table.FormatOf(in.Format) // the schema knows no other
	select {
	case s.exports <- struct{}{}:
	default:
		return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("too many exports at once; try again later"),
			http.Header{"Retry-After": {"30"}})
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer func() { <-s.exports }()
		if err := s.export(hc, q, &format); err != nil {
			s.log.Warn("an export broke off", "error", err)
			panic(http.ErrAbortHandler) // the client must not take a part for the whole
		}
	}}, nil
}

// export streams what the store answers: rows are neither kept nor counted
// before they are sent. An answer that fails before its first byte is a problem
// like any other.
func (s *Server) export(hc huma.Context, q *question, format *table.Format) error {
	_, w := humago.Unwrap(hc)
	sink := &table.Sink{W: w, Media: format.Media, Name: q.m.Name + "." + format.Name}
	out, err := format.Open(q.layout(), sink)
	if err != nil {
		return err
	}
	rows := exporter{q: q, out: out, snapshot: s.o.Registry.Snapshot()}
	err = s.o.Store.QueryEach(s.about(hc.Context(), q), s.o.Bucket, q.query().In(s.buckets()...).String(), rows.take)
	if err == nil {
		err = errors.Join(out.Close(), sink.Flush())
	}
	if err != nil && !sink.Begun() {
		return s.refuseExport(w, err)
	}
	return err
}

func (s *Server) refuseExport(w http.ResponseWriter, err error) error {
	var known huma.StatusError
	if errors.As(s.problem(&storeError{err}), &known) {
		writeProblem(w, known.GetStatus(), known.Error())
	}
	return nil
}

// tagColumns are the columns of text, after the time.
func tagColumns(m *schema.Measurement) []string {
	return append([]string{"device_id", "comune", "zone"}, tagNames(m)...)
}

func (a *question) layout() *table.Layout {
	return &table.Layout{Name: a.m.Name, Tags: tagColumns(a.m), Own: 3, Quality: true, Fields: table.FieldsOf(a.m, a.fields)}
}
