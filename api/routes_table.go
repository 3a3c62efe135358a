package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rione/ingest"
)

// RouteTable is the table that says what the messages of a topic are.
type RouteTable interface {
	Current() *ingest.Routes
	Own(name string) bool // tells whether the city set that route
	// Set adds or replaces a route. It returns a *RouteError for one that cannot
	// be used.
	Set(ctx context.Context, r ingest.Route) error
	// Remove returns ErrNotFound for a route that does not exist.
	Remove(ctx context.Context, name string) error
}

// RouteError says why a route cannot be used.
type RouteError struct{ Detail string }

// Error implements error.
func (e *RouteError) Error() string { return e.Detail }

// Route is one route of the table.
type Route struct {
	Name   string `json:"name" doc:"Unique."`
	Filter string `json:"filter" doc:"MQTT topic filter, or a path of the HTTP door."`
	Format string `json:"format" doc:"Name of the decoder."`
	Comune string `json:"comune,omitempty" doc:"ISTAT code; where it is missing, the registry says it."`
	Device string `json:"device,omitempty" doc:"How the device is named: client, topic:N, json:/path; where it is missing, the format's own way."`
	Trust  string `json:"trust,omitempty" doc:"broker: only what an outer broker lets through; client: only publishers that proved who they are."`
	Clock  string `json:"clock,omitempty" doc:"What becomes of impossible times: accept, server or quarantine."`
	Scrub  string `json:"scrub,omitempty" doc:"shape: nothing of the bodies is kept but their shape."`

	Mapping string `json:"mapping,omitempty" doc:"Of the format mapping: what the members of the payload mean, the text of a mapping file."`

	Own bool `json:"own" doc:"The city set it; the others come with rione."`
}

// RouteList is the table, in the order in which routes are tried.
type RouteList struct {
	Routes []Route `json:"routes"`
}

// RouteAnswer says what happens to a topic.
type RouteAnswer struct {
	Topic   string `json:"topic"`
	Route   *Route `json:"route,omitempty" doc:"The one that fits."`
	Nearest *Route `json:"nearest,omitempty" doc:"Where none fits, the one with most in common."`
	Device  string `json:"device,omitempty" doc:"What the route takes the device's identity to be, where the topic says it."`
}

// NewRoute is a route to set; its name stands in the path.
type NewRoute struct {
	Filter string `json:"filter" maxLength:"1024"`
	Format string `json:"format" maxLength:"128"`
	Comune string `json:"comune,omitempty" maxLength:"6"`
	Device string `json:"device,omitempty" maxLength:"256"`
	Trust  string `json:"trust,omitempty" maxLength:"16"`
	Clock  string `json:"clock,omitempty" maxLength:"16"`
	Scrub  string `json:"scrub,omitempty" maxLength:"16"`

	Mapping string `json:"mapping,omitempty" maxLength:"16384" doc:"Of the format mapping: the text of a mapping file."`
}

type routePath struct {
	Name string `path:"name" maxLength:"64"`
}

type setRouteInput struct {
	Name string `path:"name" maxLength:"64"`
	Body NewRoute
}

type topicInput struct {
	Topic string `query:"topic" required:"true" minLength:"1" maxLength:"1024"`
}

func (s *Server) routeRoutes() {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"routes"}, Errors: []int{501}}
	}
	handle(s, op("list-routes", "GET", "/v1/routes", "The table of routes, in the order in which they are tried"), s.listRoutes)
	handle(s, op("test-route", "GET", "/v1/routes/test", "What happens to a topic"), s.testRoute)
	handle(s, op("set-route", "PUT", "/v1/routes/{name}", "Add a route or replace the one of that name; doors follow at once"), s.setRoute)
	handle(s, op("remove-route", "DELETE", "/v1/routes/{name}", "Take a route out of the table"), s.removeRoute)
}

func (s *Server) hasRoutes() error {
	if s.o.Routes == nil {
		return huma.NewError(http.StatusNotImplemented, "this server has no table of routes")
	}
	return nil
}

func (s *Server) listRoutes(context.Context, *struct{}) (*body[RouteList], error) {
	if err := s.hasRoutes(); err != nil {
		return nil, err
	}
	list := RouteList{Routes: []Route{}}
	for _, r := range s.o.Routes.Current().All() {
		list.Routes = append(list.Routes, *s.routeOf(&r))
	}
	return &body[RouteList]{Body: list}, nil
}

func (s *Server) routeOf(r *ingest.Route) *Route {
	return &Route{r.Name, r.Filter, r.Format, r.Comune, r.Device, r.Trust, r.Clock, r.Scrub, r.Mapping, s.o.Routes.Own(r.Name)}
}

func (s *Server) testRoute(_ context.Context, in *topicInput) (*body[RouteAnswer], error) {
	if err := s.hasRoutes(); err != nil {
		return nil, err
	}
	now := s.o.Routes.Current()
	out := RouteAnswer{Topic: in.Topic}
	if r := now.ByName(now.Match(in.Topic)); r != nil {
		out.Route, out.Device = s.routeOf(r), r.DeviceOf(&ingest.Message{Topic: in.Topic})
	} else if r, ok := now.Nearest(in.Topic); ok {
		out.Nearest = s.routeOf(r)
	}
	return &body[RouteAnswer]{Body: out}, nil
}

func (s *Server) setRoute(ctx context.Context, in *setRouteInput) (*body[Route], error) {
	if err := s.hasRoutes(); err != nil {
		return nil, err
	}
	b := &in.Body
	r := ingest.Route{Name: in.Name, Filter: b.Filter, Format: b.Format, Comune: b.Comune, Device: b.Device, Trust: b.Trust, Clock: b.Clock, Scrub: b.Scrub, Mapping: b.Mapping}
	var refused *RouteError
	err := s.o.Routes.Set(ctx, r)
	if errors.As(err, &refused) {
		return nil, huma.Error422UnprocessableEntity(refused.Detail)
	}
	if err != nil {
		return nil, err
	}
	return &body[Route]{Body: *s.routeOf(&r)}, nil
}

func (s *Server) removeRoute(ctx context.Context, in *routePath) (*struct{}, error) {
	if err := s.hasRoutes(); err != nil {
		return nil, err
	}
	return nil, s.o.Routes.Remove(ctx, in.Name)
}
