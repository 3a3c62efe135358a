package grafanatest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

func (s *Server) listPublic(w http.ResponseWriter, _ *http.Request) {
	out := []any{}
	for _, uid := range slices.Sorted(maps.Keys(s.public)) {
		p := s.public[uid]
		out = append(out, map[string]any{
			"uid": p["uid"], "accessToken": p["accessToken"], "title": s.dashboards[uid].model["title"], "dashboardUid": uid,
			"slug": "", "isEnabled": p["isEnabled"],
		})
	}
	answer(w, http.StatusOK, map[string]any{"publicDashboards": out, "totalCount": len(out), "page": 1, "perPage": 1000})
}

func (s *Server) readPublic(w http.ResponseWriter, r *http.Request) {
	if p := s.public[r.PathValue("uid")]; p != nil {
		answer(w, http.StatusOK, s.normal(p))
		return
	}
	refuse(w, http.StatusNotFound, "Public dashboard not found")
}

// createPublic shares a dashboard. Its UID and the access token are Grafana's.
func (s *Server) createPublic(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	p := body(w, r)
	switch {
	case p == nil:
	case s.dashboards[uid] == nil:
		refuse(w, http.StatusNotFound, "Dashboard not found")
	case s.public[uid] != nil:
		refuse(w, http.StatusBadRequest, "Dashboard is already public")
	default:
		p["uid"], p["dashboardUid"] = "public"+strconv.Itoa(s.id()), uid
		p["accessToken"] = "0123456789abcdef0123456789abcdef"
		s.public[uid] = p
		answer(w, http.StatusOK, p)
	}
}

func (s *Server) updatePublic(w http.ResponseWriter, r *http.Request) {
	p := s.public[r.PathValue("uid")]
	if p == nil || p["uid"] != r.PathValue("public") {
		refuse(w, http.StatusNotFound, "Public dashboard not found")
		return
	}
	change := body(w, r)
	if change == nil {
		return
	}
	for _, k := range []string{"isEnabled", "timeSelectionEnabled", "annotationsEnabled", "share"} {
		if v, ok := change[k]; ok {
			p[k] = v
		}
	}
	answer(w, http.StatusOK, p)
}

func (s *Server) deletePublic(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	if p := s.public[uid]; p == nil || p["uid"] != r.PathValue("public") {
		refuse(w, http.StatusNotFound, "Public dashboard not found")
		return
	}
	delete(s.public, uid)
	answer(w, http.StatusOK, map[string]any{})
}

// Public tells whether a dashboard is shared, and lets f change how, as a person
// does on the web page. A nil f changes nothing.
func (s *Server) Public(uid string, f func(settings map[string]any)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.public[uid]
	if p != nil && f != nil {
		f(p)
	}
	return p != nil
}
