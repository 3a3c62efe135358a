package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rione/geo"
)

// Location is where a point is.
type Location struct {
	Comune string `json:"comune" doc:"ISTAT code; empty: in no comune whose boundaries are loaded."`
	Zone   string `json:"zone,omitempty" doc:"municipio or quartiere"`
}

type pointInput struct {
	Lat float64 `query:"lat" required:"true" minimum:"-90" maximum:"90" doc:"Degrees, WGS 84."`
	Lon float64 `query:"lon" required:"true" minimum:"-180" maximum:"180" doc:"Degrees, WGS 84."`
}

func (s *Server) routeLocate() {
	handle(s, huma.Operation{OperationID: "locate", Method: http.MethodGet, Path: "/v1/geo/locate", Tags: []string{"city"},
		Summary: "The comune and zone of a point", Errors: []int{501}}, s.locate)
}

func (s *Server) locate(_ context.Context, in *pointInput) (*body[Location], error) {
	if s.o.Locate == nil {
		return nil, huma.Error501NotImplemented("this server knows no boundaries")
	}
	at := s.o.Locate(geo.Point{Lat: in.Lat, Lon: in.Lon})
	return &body[Location]{Body: Location{Comune: at.Comune, Zone: at.Zone}}, nil
}
