package api

import (
	"net/http"

	"rione/api/ogc"
	"rione/api/sensorthings"
	"rione/api/view"
)

// standards returns the handlers of the standards by the beginning of their
// addresses.
func (s *Server) standards() (map[string]http.Handler, error) {
	features, err := ogc.New(ogc.Options{
		Audience:  func(r *http.Request) ogc.City { return s.audience(r) },
		PublicURL: s.o.PublicURL, Version: s.o.Version, Logger: s.log,
	})
	if err != nil {
		return nil, err
	}
	things, err := sensorthings.New(sensorthings.Options{
		Audience:  func(r *http.Request) view.Source { return s.audience(r) },
		PublicURL: s.o.PublicURL, Logger: s.log,
	})
	if err != nil {
		return nil, err
	}
	return map[string]http.Handler{ogc.Prefix: features, sensorthings.Prefix: things}, nil
}
