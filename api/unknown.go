package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// UnknownField is how often a device sent a field that no measurement has.
type UnknownField struct {
	Device string `json:"device"`
	Field  string `json:"field"`
	Count  int64  `json:"count" doc:"Since rione started."`
}

// UnknownFieldList are the fields that were kept out, the most frequent first.
type UnknownFieldList struct {
	Fields []UnknownField `json:"fields"`
}

type unknownInput struct {
	Device string `query:"device" maxLength:"64" doc:"Only of this one."`
	Limit  int    `query:"limit" default:"1000" minimum:"1" maximum:"10000"`
}

func (s *Server) routeUnknown() {
	handle(s, huma.Operation{OperationID: "unknown-fields", Method: http.MethodGet, Path: "/v1/unknown-fields", Tags: []string{"quarantine"},
		Summary: "What devices send and no measurement has", Description: "Such values are kept out; the rest of their messages is stored.", Errors: []int{501}}, s.unknownFields)
}

func (s *Server) unknownFields(_ context.Context, in *unknownInput) (*body[UnknownFieldList], error) {
	if err := has(s.o.Unknown != nil, "processor"); err != nil {
		return nil, err
	}
	out := UnknownFieldList{Fields: []UnknownField{}}
	for _, u := range s.o.Unknown() {
		if len(out.Fields) < in.Limit && (in.Device == "" || in.Device == u.Device) {
			out.Fields = append(out.Fields, u)
		}
	}
	return &body[UnknownFieldList]{Body: out}, nil
}
