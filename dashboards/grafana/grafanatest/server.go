// Package grafanatest is a stand-in for a Grafana 12 server in tests. It keeps
// data sources, folders, dashboards and alert rules by the contract of the HTTP API,
// as it was found on a real server: versions and 412, what a save adds, what a
// file-provisioned dashboard refuses, what is deleted with a folder.
package grafanatest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Server is a Grafana with one organisation and one administrator's token.
type Server struct {
	URL   string
	Token string

	mu          sync.Mutex
	major       int // release of Grafana
	nextID      int
	dataSources map[string]map[string]any
	secrets     map[string]map[string]string // by data source
	folders     map[string]map[string]any
	dashboards  map[string]*dashboard
	public      map[string]map[string]any // by the dashboard's UID
	contacts    map[string]map[string]any
	groups      map[string]map[string]any // of alert rules, by folder/group
	writes      int
	normalizes  bool  // see Normalize
	lags        bool  // see LagSearch
	ghosts      []any // what the search lists although it is gone
	fault       func(http.ResponseWriter, *http.Request) bool
}

type dashboard struct {
	model       map[string]any
	folder      string
	version     int
	history     []string // messages of the saves
	provisioned bool
}

// Start starts a server that ends with the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{
		Token: "glsa_test", major: 12, dataSources: map[string]map[string]any{}, secrets: map[string]map[string]string{},
		folders: map[string]map[string]any{}, dashboards: map[string]*dashboard{}, public: map[string]map[string]any{},
		contacts: map[string]map[string]any{}, groups: map[string]map[string]any{},
	}
	server := httptest.NewServer(s.handler())
	tb.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request){
		"GET /api/datasources":              s.listDataSources,
		"POST /api/datasources":             s.createDataSource,
		"GET /api/datasources/uid/{uid}":    s.readDataSource,
		"PUT /api/datasources/uid/{uid}":    s.updateDataSource,
		"DELETE /api/datasources/uid/{uid}": s.deleteDataSource,
		"GET /api/folders":                  s.listFolders,
		"POST /api/folders":                 s.createFolder,
		"GET /api/folders/{uid}":            s.readFolder,
		"PUT /api/folders/{uid}":            s.updateFolder,
		"DELETE /api/folders/{uid}":         s.deleteFolder,
		"GET /api/search":                   s.search,
		"POST /api/dashboards/db":           s.saveDashboard,
		"GET /api/dashboards/uid/{uid}":     s.readDashboard,
		"DELETE /api/dashboards/uid/{uid}":  s.deleteDashboard,

		"GET /api/dashboards/public-dashboards":                        s.listPublic,
		"GET /api/dashboards/uid/{uid}/public-dashboards":              s.readPublic,
		"POST /api/dashboards/uid/{uid}/public-dashboards":             s.createPublic,
		"PATCH /api/dashboards/uid/{uid}/public-dashboards/{public}":   s.updatePublic,
		"DELETE /api/dashboards/uid/{uid}/public-dashboards/{public}":  s.deletePublic,
		"GET /api/v1/provisioning/contact-points":                      s.listContactPoints,
		"POST /api/v1/provisioning/contact-points":                     s.saveContactPoint,
		"PUT /api/v1/provisioning/contact-points/{uid}":                s.saveContactPoint,
		"DELETE /api/v1/provisioning/contact-points/{uid}":             s.deleteContactPoint,
		"GET /api/v1/provisioning/alert-rules":                         s.listRules,
		"POST /api/v1/provisioning/alert-rules":                        s.createRule,
		"DELETE /api/v1/provisioning/alert-rules/{uid}":                s.deleteRule,
		"GET /api/v1/provisioning/folder/{folder}/rule-groups/{group}": s.readGroup,
		"PUT /api/v1/provisioning/folder/{folder}/rule-groups/{group}": s.saveGroup,
	} {
		mux.HandleFunc(pattern, s.guard(handle))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { // the web page answers everything else
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<!DOCTYPE html><title>Grafana</title>")) //nolint:errcheck // a test's client may be gone
	})
	return mux
}

// guard checks the token, plays the fault and counts writes.
func (s *Server) guard(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		fault := s.fault
		s.mu.Unlock()
		if fault != nil && fault(w, r) {
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+s.Token {
			refuse(w, http.StatusUnauthorized, "Invalid API key")
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Method != http.MethodGet {
			s.writes++
		}
		handle(w, r)
	}
}

// Fault lets f answer requests in the server's place as long as it returns
// true for them. A nil f ends that.
func (s *Server) Fault(f func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Release makes the server the first of an older major release, as far as it is
// known to differ. It is 12 before that.
func (s *Server) Release(major int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.major = major
}

// Writes returns how many requests could have changed something.
func (s *Server) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func (s *Server) id() int { s.nextID++; return s.nextID }

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]any{"message": message, "messageId": "", "statusCode": status, "traceID": ""})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // a test's client may be gone
}

// body reads a JSON object, or refuses as Grafana does.
func body(w http.ResponseWriter, r *http.Request) map[string]any {
	var v map[string]any
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		refuse(w, http.StatusBadRequest, "bad request data")
		return nil
	}
	return v
}

func text(v any) string { s, _ := v.(string); return s }

// Refuse returns a fault that answers requests of a method, "" for any, with a
// status.
func Refuse(method string, status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if method != "" && r.Method != method {
			return false
		}
		refuse(w, status, http.StatusText(status))
		return true
	}
}

// WebPage is a fault that answers everything with a web page and status 200, as
// a proxy or a wrong sub-path does.
func WebPage(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", "text/html")
	w.Write([]byte("<!DOCTYPE html><title>Welcome</title>")) //nolint:errcheck // a test's client may be gone
	return true
}

// Silence is a fault that never answers; it holds the request until the client
// gives up.
func Silence(_ http.ResponseWriter, r *http.Request) bool {
	io.Copy(io.Discard, r.Body) //nolint:errcheck // only a read body lets the server see that the client left
	<-r.Context().Done()
	return true
}
