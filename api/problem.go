package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/influxql"
	"rione/devices"
	"rione/ingest"
)

// ErrNotFound is returned by partners for something that does not exist.
var ErrNotFound = errors.New("not found")

// problemType is the media type of RFC 9457, which ModI asks for.
const problemType = "application/problem+json"

// writeProblem answers outside huma's handlers.
func writeProblem(w http.ResponseWriter, status int, detail string) {
	body, err := json.Marshal(huma.NewError(status, detail))
	if err != nil { // cannot be: plain strings
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client's going away is no news
}

// writeError answers with what problem made of an error.
func writeError(w http.ResponseWriter, err error) {
	var known huma.StatusError
	if !errors.As(err, &known) {
		known = huma.NewError(http.StatusInternalServerError, err.Error())
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(known.GetStatus())
	_ = json.NewEncoder(w).Encode(known) // the client's going away is no news
}

// problem turns an error of a handler into what the client may know of it.
// What is not the client's business is logged and answered as 500.
func (s *Server) problem(err error) error {
	var known huma.StatusError
	var store *storeError
	var taken *devices.TakenError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &taken):
		return huma.Error422UnprocessableEntity(taken.Error())
	case errors.Is(err, ErrNotFound):
		return huma.Error404NotFound("there is nothing of that name")
	case errors.Is(err, context.DeadlineExceeded):
		return huma.Error503ServiceUnavailable("this took too long; ask for less, or try again later")
	case errors.Is(err, context.Canceled):
		return huma.NewError(499, "the client went away")
	case errors.As(err, &store):
		s.log.Warn("the store did not answer", "error", err)
		return huma.Error503ServiceUnavailable("the store does not answer; see /status")
	}
	s.log.Error("request failed", "error", err)
	return huma.Error500InternalServerError("something went wrong here; the log has more under the request's id")
}

// storeError wraps what the store's client returned.
type storeError struct{ err error }

func (e *storeError) Error() string { return "store: " + e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// buckets are where readings are, none when the store's default says it.
func (s *Server) buckets() []string {
	if s.o.Movers == "" {
		return nil
	}
	return []string{s.o.Bucket, s.o.Movers}
}

// query asks the store and marks its errors as such.
func (s *Server) query(ctx context.Context, q *influxql.Query) ([]ingest.Series, error) {
	answer, err := s.o.Store.Query(ctx, s.o.Bucket, q.String())
	if err != nil {
		return nil, &storeError{err}
	}
	return answer, nil
}
