package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rione/devices"
)

// ImportResult is what an import did, or would do.
type ImportResult struct {
	devices.Summary
	Rows     int    `json:"rows" doc:"Lines or features read."`
	DryRun   bool   `json:"dry_run"`
	Revision uint64 `json:"revision" doc:"Of the registry, after the import."`

	Retired   []string   `json:"retired,omitempty" doc:"Devices of the file that are retired and stay so, since their lines say no state. The state approved brings them back."`
	Backdated []string   `json:"backdated,omitempty" doc:"Devices whose places, calibrations or invalid periods changed for times before now. What is stored of them is as it was until it is stated anew: a replay with restate, from since on."`
	Since     *time.Time `json:"since,omitempty" doc:"The earliest time that is meant; the year 1 is since ever."`
}

type importInput struct {
	ContentType string `header:"Content-Type"`
	Accept      string `header:"Accept" doc:"application/x-ndjson: how far it is, line by line."`
	DryRun      bool   `query:"dry_run" doc:"Only say what would be done."`
	Force       bool   `query:"force" doc:"Take positions that do not look right."`
	RawBody     []byte `contentType:"text/csv" doc:"Header line, then a device a line."`
}

const importPattern = "POST /v1/devices/import"

func (s *Server) routeImport(tags []string) {
	schemas := s.api.OpenAPI().Components.Schemas
	handle(s, huma.Operation{OperationID: "import-devices", Method: http.MethodPost, Path: "/v1/devices/import", Tags: tags,
		Summary: "Register, change or move the devices of a file, all or none",
		Description: "CSV with a header line (device_id,kind,comune,zone,name,lat,lon,interval_s,format,external_id,secret,premises,valid_from; the first three are required), or a GeoJSON FeatureCollection of Points with properties of these names, or NDJSON with members of these names. More columns are known: model, group, via, speaks, state (approved, pending, retired), moving, calibrations, invalid. When lines are wrong, nothing is done and every one of them is in errors.\n\n" +
			"Who accepts application/x-ndjson gets 200 at once and a line now and then of how far it is; the last line has the result or the problem.",
		MaxBodyBytes: maxBody, BodyReadTimeout: transferTime, Errors: []int{409, 413, 415, 501},
		Responses: map[string]*huma.Response{"200": {Description: "what was done, or would be", Content: map[string]*huma.MediaType{
			"application/json": {Schema: schemas.Schema(reflect.TypeFor[ImportResult](), true, "")},
			linesType:          {Schema: schemas.Schema(reflect.TypeFor[ImportLine](), true, "")},
		}}}}, s.importDevices)
}

// importDevices answers when all is done, or line by line meanwhile. A hundred
// thousand short secrets take minutes, so it is bounded by the size of the file
// and not by a time.
func (s *Server) importDevices(ctx context.Context, in *importInput) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := humago.Unwrap(hc)
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the body is here; a recorder in tests has no deadlines
		if strings.Contains(in.Accept, linesType) {
			newImportLines(w).run(ctx, s, in)
			return
		}
		result, err := s.importFile(ctx, in, nil)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(transferTime))
		if err != nil {
			writeError(w, s.problem(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(result) // the client's going away is no news
	}}, nil
}

func (s *Server) importFile(ctx context.Context, in *importInput, progress devices.Progress) (*ImportResult, error) {
	if s.o.Gazetteer == nil {
		return nil, huma.Error501NotImplemented("this server cannot import devices")
	}
	gazetteer := s.o.Gazetteer
	if in.Force {
		gazetteer = devices.Unchecked(gazetteer)
	}
	file, err := readDevices(in.ContentType, progress.Reader(in.RawBody), gazetteer)
	if err != nil {
		return nil, err
	}
	file.Progress = progress
	snapshot := s.o.Registry.Snapshot()
	set, out, err := planImport(snapshot, file, scopeOf(ctx))
	if err != nil {
		return nil, importProblem(err)
	}
	set.Author, out.DryRun = author(ctx), in.DryRun
	if in.DryRun || len(set.Put) == 0 {
		return out, nil
	}
	progress.Tell(devices.Storing, 0, len(set.Put))
	after, err := s.o.Registry.Apply(ctx, set)
	if err != nil && s.o.Registry.Snapshot().Revision != snapshot.Revision {
		return nil, huma.Error409Conflict("the registry changed meanwhile; try again")
	}
	if err != nil {
		return nil, err
	}
	progress.Tell(devices.Storing, len(set.Put), len(set.Put))
	out.Revision = after.Revision
	return out, nil
}

func readDevices(contentType string, file io.Reader, g devices.Gazetteer) (*devices.Import, error) {
	media, _, _ := mime.ParseMediaType(contentType)
	for _, f := range devices.FileFormats() {
		if own, _, _ := mime.ParseMediaType(f.Media); own != media {
			continue
		}
		in, err := f.Read(file, g)
		if err != nil {
			return nil, importProblem(err)
		}
		return in, nil
	}
	return nil, huma.Error415UnsupportedMediaType("send the file as text/csv, application/geo+json or application/x-ndjson")
}

// importProblem lists every bad line of a file.
func importProblem(err error) error {
	var bad *devices.ImportError
	var known huma.StatusError
	if errors.As(err, &known) {
		return err
	}
	if !errors.As(err, &bad) {
		return huma.Error422UnprocessableEntity("the file cannot be read: " + err.Error())
	}
	details := make([]error, len(bad.Lines))
	for i, l := range bad.Lines {
		location := "body.line[" + strconv.Itoa(l.Line) + "]"
		if l.Column != "" {
			location += "." + l.Column
		}
		details[i] = &huma.ErrorDetail{Location: location, Message: l.Problem}
	}
	return huma.Error422UnprocessableEntity("nothing was imported: "+strconv.Itoa(len(details))+" mistakes", details...)
}
