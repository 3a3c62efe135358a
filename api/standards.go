package api

import "net/http"

// standards returns the handlers of the standards by the beginning of their
// addresses.
func (s *Server) standards() (map[string]http.Handler, error) {
	return nil, nil
}
