package grafana

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"rione/dashboards"
)

// Error is an answer of Grafana that is no success. It wraps the error of
// package dashboards that says what to do next, where one fits.
type Error struct {
	Status  int    // of HTTP
	Message string // Grafana's own
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("grafana answered %d: %s", e.Status, e.Message)
	if next := e.Unwrap(); next != nil {
		text += ": " + next.Error()
	}
	return text
}

// Unwrap returns the class of the error, nil when it has none.
func (e *Error) Unwrap() error {
	lower := strings.ToLower(e.Message)
	switch {
	case strings.Contains(lower, "provisioned"), strings.Contains(lower, "read-only"):
		return dashboards.ErrProvisioned
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return dashboards.ErrForbidden
	case e.Status == http.StatusNotFound:
		return dashboards.ErrNotFound
	case e.Status == http.StatusConflict, e.Status == http.StatusPreconditionFailed, strings.Contains(lower, "already public"), strings.Contains(lower, "already exist"):
		return dashboards.ErrConflict
	}
	return nil
}

// message returns what Grafana says in words, at most 300 bytes of anything
// else.
func message(body []byte) string {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) == nil && said.Message != "" {
		return said.Message
	}
	return strings.ToValidUTF8(string(body[:min(len(body), 300)]), "")
}
