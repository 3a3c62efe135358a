package grafanatest

import (
	"maps"
	"net/http"
	"slices"
)

func (s *Server) listContactPoints(w http.ResponseWriter, _ *http.Request) {
	out := []any{}
	for _, uid := range slices.Sorted(maps.Keys(s.contacts)) {
		out = append(out, s.contacts[uid])
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) saveContactPoint(w http.ResponseWriter, r *http.Request) {
	p := body(w, r)
	if p == nil {
		return
	}
	uid := text(p["uid"])
	if r.Method == http.MethodPut {
		uid = r.PathValue("uid")
	}
	if _, there := s.contacts[uid]; there != (r.Method == http.MethodPut) {
		refuse(w, map[bool]int{true: http.StatusConflict, false: http.StatusNotFound}[there], "contact point")
		return
	}
	p["uid"], p["provenance"] = uid, "api"
	s.contacts[uid] = p
	answer(w, http.StatusAccepted, p)
}

// deleteContactPoint spares one that a rule names.
func (s *Server) deleteContactPoint(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	if s.contacts[uid] == nil {
		refuse(w, http.StatusNotFound, "contact point not found")
		return
	}
	for _, g := range s.groups {
		for _, rule := range list(g["rules"]) {
			if object(object(rule)["notification_settings"])["receiver"] == s.contacts[uid]["name"] {
				refuse(w, http.StatusConflict, "contact point is used by an alert rule")
				return
			}
		}
	}
	delete(s.contacts, uid)
	answer(w, http.StatusAccepted, map[string]any{"message": "contactpoint deleted"})
}

func (s *Server) listRules(w http.ResponseWriter, _ *http.Request) {
	out := []any{}
	for _, key := range slices.Sorted(maps.Keys(s.groups)) {
		out = append(out, list(s.groups[key]["rules"])...)
	}
	answer(w, http.StatusOK, out)
}

func groupKey(r *http.Request) string { return r.PathValue("folder") + "/" + r.PathValue("group") }

func (s *Server) readGroup(w http.ResponseWriter, r *http.Request) {
	g := s.groups[groupKey(r)]
	if g == nil {
		refuse(w, http.StatusNotFound, "rule group not found")
		return
	}
	answer(w, http.StatusOK, g)
}

// saveGroup replaces the whole group. Intervals are multiples of ten seconds,
// queries get what the evaluation needs, "table" is no answer for an alert.
func (s *Server) saveGroup(w http.ResponseWriter, r *http.Request) {
	g := body(w, r)
	if g == nil {
		return
	}
	seconds, _ := g["interval"].(float64)
	switch {
	case s.folders[r.PathValue("folder")] == nil:
		refuse(w, http.StatusNotFound, "folder does not exist")
		return
	case seconds <= 0 || int(seconds)%10 != 0:
		refuse(w, http.StatusBadRequest, "interval should be non-zero and divided exactly by scheduler interval: 10s")
		return
	}
	for _, e := range list(g["rules"]) {
		rule := object(e)
		receiver := text(object(rule["notification_settings"])["receiver"])
		if receiver != "" && s.contacts[receiver] == nil {
			refuse(w, http.StatusBadRequest, "receiver does not exist")
			return
		}
		rule["id"], rule["orgID"], rule["updated"], rule["provenance"] = s.id(), 1, "2026-01-01T00:00:00Z", "api"
		rule["folderUID"], rule["ruleGroup"] = r.PathValue("folder"), r.PathValue("group")
		for _, d := range list(rule["data"]) {
			model := object(object(d)["model"])
			model["intervalMs"], model["maxDataPoints"] = 1000, 43200
		}
	}
	s.groups[groupKey(r)] = g
	answer(w, http.StatusOK, g)
}

func (s *Server) deleteRule(w http.ResponseWriter, r *http.Request) {
	for key, g := range s.groups {
		rules := slices.DeleteFunc(list(g["rules"]), func(e any) bool { return object(e)["uid"] == r.PathValue("uid") })
		if g["rules"] = rules; len(rules) == 0 {
			delete(s.groups, key)
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// EditRules changes the rules of a group as another API client would.
func (s *Server) EditRules(folder, group string, edit func(rules []any) []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[folder+"/"+group]
	g["rules"] = edit(list(g["rules"]))
}
