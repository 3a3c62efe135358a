package api

import (
	"bytes"
	"context"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rione/geo"
)

// BoundaryList are the files of outlines that are kept, the newest last.
type BoundaryList struct {
	Files []BoundaryFile `json:"files"`
}

func (s *Server) routeBoundaries(tags []string) {
	handle(s, huma.Operation{OperationID: "load-boundaries", Method: http.MethodPost, Path: "/v1/geo/boundaries", Tags: tags,
		Summary:      "Load outlines of comuni or zones from GeoJSON",
		MaxBodyBytes: maxBody, BodyReadTimeout: transferTime, Errors: []int{413, 415}}, s.loadBoundaries)
	handle(s, huma.Operation{OperationID: "list-boundaries", Method: http.MethodGet, Path: "/v1/geo/boundaries", Tags: tags,
		Summary: "Files of outlines that were loaded, the newest last"}, s.listBoundaries)
	handle(s, huma.Operation{OperationID: "remove-boundaries", Method: http.MethodDelete, Path: "/v1/geo/boundaries/{name}", Tags: tags,
		Summary: "Take a file of outlines away", Description: "Devices keep their comune and zone."}, s.removeBoundaries)
}

type boundariesInput struct {
	ContentType string `header:"Content-Type"`
	Name        string `query:"name" required:"true" minLength:"1" maxLength:"64" pattern:"^[a-z0-9-]+$" doc:"What the file is called; loading it again replaces it."`
	RawBody     []byte `contentType:"application/geo+json"`
}

func (s *Server) loadBoundaries(ctx context.Context, in *boundariesInput) (*none, error) {
	media, _, err := mime.ParseMediaType(in.ContentType)
	if err != nil || media != geojsonType && media != jsonType {
		return nil, huma.Error415UnsupportedMediaType("send the file as application/geo+json")
	}
	areas, problems, err := geo.ReadBoundaries(bytes.NewReader(in.RawBody))
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("the boundaries cannot be read: " + err.Error())
	}
	if len(areas) == 0 || len(problems) > 0 {
		details := make([]error, len(problems))
		for i, p := range problems {
			details[i] = &huma.ErrorDetail{Message: p.String()}
		}
		return nil, huma.Error422UnprocessableEntity("nothing was loaded: features of the file are wrong", details...)
	}
	return &none{}, s.o.Registry.PutBoundaries(ctx, author(ctx), in.Name, bytes.Clone(in.RawBody)) // huma takes the body back
}

func (s *Server) listBoundaries(ctx context.Context, _ *none) (*body[BoundaryList], error) {
	files, err := s.o.Registry.BoundaryFiles(ctx)
	if err != nil {
		return nil, err
	}
	return &body[BoundaryList]{Body: BoundaryList{Files: append([]BoundaryFile{}, files...)}}, nil
}

type boundariesPath struct {
	Name string `path:"name" maxLength:"64"`
}

func (s *Server) removeBoundaries(ctx context.Context, in *boundariesPath) (*none, error) {
	return &none{}, s.o.Registry.RemoveBoundaries(ctx, author(ctx), in.Name)
}
