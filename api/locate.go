package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rione/geo"
)

// Location is where a point is.
type Location struct {
	Comune string `json:"comune" doc:"ISTAT code; empty: in no comune whose boundaries are loaded."`
	Zone   string `json:"zone,omitempty" doc:"municipio or quartiere"`
}

// Locations says where points are, in the order in which they were given.
type Locations struct {
	Places []Location `json:"places"`
}

// MaxPoints is how many points one request asks for at the most.
const MaxPoints = 1000

// Points are places in WGS 84, degrees.
type Points struct {
	Points []geo.Point `json:"points" minItems:"1" maxItems:"1000"`
}

type pointInput struct {
	Lat float64 `query:"lat" required:"true" minimum:"-90" maximum:"90" doc:"Degrees, WGS 84."`
	Lon float64 `query:"lon" required:"true" minimum:"-180" maximum:"180" doc:"Degrees, WGS 84."`
}

func (s *Server) routeLocate() {
	handle(s, huma.Operation{OperationID: "locate", Method: http.MethodGet, Path: "/v1/geo/locate", Tags: []string{"city"},
		Summary: "The comune and zone of a point", Errors: []int{501}}, s.locate)
	handle(s, huma.Operation{OperationID: "locate-many", Method: http.MethodPost, Path: "/v1/geo/locate", Tags: []string{"city"},
		Summary: "The comuni and zones of many points", Errors: []int{501}}, s.locateMany)
}

func (s *Server) locate(_ context.Context, in *pointInput) (*body[Location], error) {
	if s.o.Locate == nil {
		return nil, errNoBoundaries()
	}
	return &body[Location]{Body: s.locationOf(geo.Point{Lat: in.Lat, Lon: in.Lon})}, nil
}

func (s *Server) locateMany(_ context.Context, in *body[Points]) (*body[Locations], error) {
	if s.o.Locate == nil {
		return nil, errNoBoundaries()
	}
	out := Locations{Places: make([]Location, len(in.Body.Points))}
	for i, p := range in.Body.Points {
		if err := p.Check(); err != nil {
			return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("points[%d]: %v", i, err))
		}
		out.Places[i] = s.locationOf(p)
	}
	return &body[Locations]{Body: out}, nil
}

func (s *Server) locationOf(p geo.Point) Location {
	at := s.o.Locate(p)
	return Location{Comune: at.Comune, Zone: at.Zone}
}

func errNoBoundaries() error {
	return huma.Error501NotImplemented("this server knows no boundaries")
}
