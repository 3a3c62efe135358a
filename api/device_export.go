package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rione/api/table"
	"rione/devices"
)

const deviceExportPattern = "GET /v1/devices/export"

type exportDevicesInput struct {
	Format      string `query:"format" enum:"csv,geojson,ndjson" default:"csv"`
	Comune      string `query:"comune" maxLength:"6" pattern:"^[0-9]{6}$" doc:"Only of this comune (ISTAT code)."`
	Kind        string `query:"kind" maxLength:"20" doc:"Only of this kind."`
	Retired     bool   `query:"retired" doc:"Retired devices too, with their state."`
	IfNoneMatch string `header:"If-None-Match"`
}

func (s *Server) routeDeviceExport(tags []string) {
	content := map[string]*huma.MediaType{}
	for _, f := range devices.FileFormats() {
		content[f.Media] = fileType(f.Media)
	}
	handle(s, huma.Operation{OperationID: "export-devices", Method: http.MethodGet, Path: "/v1/devices/export", Tags: tags,
		Summary: "The registry as a file that an import reads",
		Description: "A placement a line, of devices in service and pending ones, with external identities, calibrations, invalid periods and the places of homes, without secrets. " +
			"An import of the file changes nothing, and rebuilds the registry where there is none. " +
			"A stream that ends early breaks the connection, so that nobody takes a part for the whole.",
		Responses: map[string]*huma.Response{"200": {Description: "devices, by id", Content: content}}}, s.exportDevices)
}

func (s *Server) exportDevices(ctx context.Context, in *exportDevicesInput) (*huma.StreamResponse, error) {
	format, _ := devices.FileFormatOf(in.Format) // the schema knows no other
	snapshot, within := s.o.Registry.Snapshot(), scopeOf(ctx)
	tag := exportTag(snapshot, within, in)
	if knows(in.IfNoneMatch, tag) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("ETag", tag)
			hc.SetStatus(http.StatusNotModified)
		}}, nil
	}
	var list []*devices.Device
	for _, d := range snapshot.All() {
		at := d.Current()
		if (in.Retired || !d.Retired) && within.sees(d) && (in.Comune == "" || in.Comune == at.Comune) && (in.Kind == "" || in.Kind == string(d.Kind)) {
			list = append(list, d)
		}
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := humago.Unwrap(hc)
		w.Header().Set("ETag", tag)
		sink := &table.Sink{W: w, Media: format.Media, Name: "devices." + format.Name}
		err := format.Write(sink, list)
		if err == nil {
			err = sink.Flush()
		}
		if err != nil {
			s.log.Warn("an export of devices broke off", "error", err)
			panic(http.ErrAbortHandler) // the client must not take a part for the whole
		}
	}}, nil
}

// exportTag is the ETag of an export: it holds as long as the registry does not
// change, for who sees the same comuni.
func exportTag(snapshot *devices.Snapshot, within scope, in *exportDevicesInput) string {
	sum := sha256.Sum256([]byte(strings.Join(within.comuni, ",") + "|" + in.Format + "|" + in.Comune + "|" + in.Kind + "|" + strconv.FormatBool(in.Retired)))
	return fmt.Sprintf(`W/"%d-%x"`, snapshot.Revision, sum[:6])
}
