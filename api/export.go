package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Bounds of exports: rows held at a time, and exports at once.
const (
	exportPage = 10_000
	maxExports = 8
)

const (
	csvType    = "text/csv; charset=utf-8"
	ndjsonType = "application/x-ndjson"
)

type exportInput struct {
	ReadingChoice
	Format string `query:"format" enum:"csv,ndjson" default:"csv"`
}

// rowWriter writes readings in one format. What it writes is sent on by its
// caller.
type rowWriter interface {
	head(q *question) error
	rows(q *question, page []Reading) error
}

func (s *Server) routeExport(tags []string) {
	text := &huma.Schema{Type: huma.TypeString}
	handle(s, huma.Operation{OperationID: "export-readings", Method: http.MethodGet, Path: "/v1/readings/export", Tags: tags,
		Summary:     "All readings of a range of time as one stream",
		Description: "CSV with a header line, or a JSON object a line. A stream that ends early breaks the connection, so that nobody takes a part for the whole.",
		Responses: map[string]*huma.Response{"200": {Description: "readings, by time", Content: map[string]*huma.MediaType{
			"text/csv": {Schema: text}, ndjsonType: {Schema: text}}}}}, s.exportReadings)
}

func (s *Server) exportReadings(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	q, err := s.choose(ctx, &in.ReadingChoice)
	if err != nil {
		return nil, err
	}
	select {
	case s.exports <- struct{}{}:
	default:
		return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("too many exports at once; try again later"),
			http.Header{"Retry-After": {"30"}})
	}
	q.limit = exportPage
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer func() { <-s.exports }()
		if err := s.export(hc, q, in.Format); err != nil {
			s.log.Warn("an export broke off", "error", err)
			panic(http.ErrAbortHandler) // the client must not take a part for the whole
		}
	}}, nil
}

func (s *Server) export(hc huma.Context, q *question, format string) error {
	var page bytes.Buffer
	var out rowWriter = &ndjsonRows{enc: json.NewEncoder(&page)}
	media := ndjsonType
	if format == "csv" {
		out, media = &csvRows{w: csv.NewWriter(&page)}, csvType
	}
	_, w := humago.Unwrap(hc)
	hc.SetHeader("Content-Type", media)
	hc.SetHeader("Content-Disposition", `attachment; filename="`+q.m.Name+"."+format+`"`)
	if err := out.head(q); err != nil {
		return err
	}
	for cursor := ""; ; {
		readings, err := s.page(hc.Context(), q)
		if err != nil {
			return err
		}
		if err := out.rows(q, readings.Readings); err != nil {
			return err
		}
		if err := send(w, &page); err != nil {
			return err
		}
		if cursor = readings.next(q, cursor); cursor == "" {
			return nil
		}
		if err := q.resume(cursor); err != nil {
			return err
		}
	}
}

// send empties a buffer into the answer. A client has a while for each page,
// not for the whole.
func send(w http.ResponseWriter, page *bytes.Buffer) error {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(transferTime)) // a recorder in tests has none
	_, err := page.WriteTo(w)
	return err
}

type ndjsonRows struct{ enc *json.Encoder }

func (*ndjsonRows) head(*question) error { return nil }

func (n *ndjsonRows) rows(_ *question, page []Reading) error {
	for i := range page {
		if err := n.enc.Encode(&page[i]); err != nil {
			return err
		}
	}
	return nil
}

type csvRows struct {
	w   *csv.Writer
	row []string
}

func (c *csvRows) head(q *question) error {
	head := append([]string{"time", "device_id", "comune", "zone"}, tagNames(q.m)...)
	return c.w.Write(append(append(head, "lat", "lon", "q"), q.fields...))
}

func (c *csvRows) rows(q *question, page []Reading) error {
	for i := range page {
		r := &page[i]
		c.row = append(c.row[:0], r.Time.Format(time.RFC3339Nano), r.DeviceID, r.Comune, r.Zone)
		for _, t := range q.m.Tags {
			c.row = append(c.row, r.Tags[t.Name])
		}
		c.row = append(c.row, cell(r.Lat), cell(r.Lon), cell(r.Q))
		for _, f := range q.fields {
			c.row = append(c.row, text(r.Fields[f]))
		}
		if err := c.w.Write(c.row); err != nil {
			return err
		}
	}
	c.w.Flush()
	return c.w.Error()
}

func cell[T any](v *T) string {
	if v == nil {
		return ""
	}
	return text(*v)
}

// text writes a value for a table; nothing is the empty cell.
func text(v any) string {
	switch n := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(n, 'f', -1, 64)
	case int64:
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprint(v)
}
