package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Status is the answer of /status: a problem document, as ModI wants it, also
// when there is no problem.
type Status struct {
	Type    string        `json:"type"`
	Status  int           `json:"status" doc:"200 ready, 503 not ready."`
	Title   string        `json:"title" doc:"ready or not ready"`
	Detail  string        `json:"detail,omitempty" doc:"What is wrong."`
	Service string        `json:"service"`
	Version string        `json:"version"`
	Checks  []CheckResult `json:"checks"`
}

// CheckResult is what one check found.
type CheckResult struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// checkTime is what a check may take.
const checkTime = time.Second

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery != "" {
		writeProblem(w, http.StatusBadRequest, "/status has no query parameters")
		return
	}
	st := s.runChecks(r.Context())
	body, err := json.Marshal(st)
	if err != nil { // cannot be: plain strings
		writeProblem(w, http.StatusInternalServerError, "the status cannot be written")
		return
	}
	w.Header().Set("Content-Type", problemType)
	if st.Status != http.StatusOK {
		w.Header().Set("Retry-After", "2")
	}
	w.WriteHeader(st.Status)
	_, _ = w.Write(body)
}

// runChecks runs all checks at once; the answer takes as long as the slowest.
func (s *Server) runChecks(ctx context.Context) Status {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	results := make([]CheckResult, len(s.o.Checks))
	var all sync.WaitGroup
	for i, c := range s.o.Checks {
		all.Go(func() { results[i] = runCheck(ctx, c) })
	}
	all.Wait()
	st := Status{
		Type: "about:blank", Status: http.StatusOK, Title: "ready",
		Service: "rione", Version: s.api.OpenAPI().Info.Version, Checks: results,
	}
	var wrong []string
	for _, res := range results {
		if !res.OK {
			wrong = append(wrong, res.Name+": "+res.Detail)
		}
	}
	if len(wrong) > 0 {
		st.Status, st.Title, st.Detail = http.StatusServiceUnavailable, "not ready", strings.Join(wrong, "; ")
	}
	return st
}

func runCheck(ctx context.Context, c Check) CheckResult {
	if err := c.Run(ctx); err != nil {
		return CheckResult{Name: c.Name, Detail: err.Error()}
	}
	if c.Tell != nil {
		return CheckResult{Name: c.Name, OK: true, Detail: c.Tell()}
	}
	return CheckResult{Name: c.Name, OK: true}
}

// describeStatus adds /status, which is not one of huma's routes, to the
// description.
func (s *Server) describeStatus() {
	doc := s.api.OpenAPI()
	schema := huma.SchemaFromType(doc.Components.Schemas, typeOf[Status]())
	answer := func(what string) *huma.Response {
		return &huma.Response{Description: what, Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
	}
	doc.AddOperation(&huma.Operation{
		OperationID: "status", Method: http.MethodGet, Path: "/status", Tags: []string{"service"},
		Summary: "Whether the service is ready, and what is wrong when it is not",
		Responses: map[string]*huma.Response{
			"200": answer("ready"), "503": answer("not ready"), "400": answer("unknown query parameter"),
		},
	})
}
