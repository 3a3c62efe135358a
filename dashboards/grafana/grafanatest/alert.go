package grafanatest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
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
	switch _, there := s.contacts[uid]; {
	case there && r.Method == http.MethodPost:
		refuse(w, http.StatusConflict, "Receiver configuration with UID '"+uid+"' already exists in contact point '"+text(p["name"])+"'.")
		return
	case !there && r.Method == http.MethodPut:
		refuse(w, http.StatusNotFound, "object not found")
		return
	}
	p["uid"], p["provenance"] = uid, "api"
	s.contacts[uid] = p
	if r.Method == http.MethodPut {
		answer(w, http.StatusAccepted, map[string]any{"message": "contactpoint updated"})
		return
	}
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
				refuse(w, http.StatusConflict, "Contact point is currently used in the notification settings of one or many alert rules.")
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
	answer(w, http.StatusOK, s.normal(g))
}

// createRule makes a rule by itself; its group gets the interval that is usual.
func (s *Server) createRule(w http.ResponseWriter, r *http.Request) {
	rule := body(w, r)
	if rule == nil || !s.acceptRule(w, rule) {
		return
	}
	folder, group := text(rule["folderUID"]), text(rule["ruleGroup"])
	if s.folders[folder] == nil || group == "" {
		refuse(w, http.StatusBadRequest, "invalid alert rule: folder does not exist")
		return
	}
	if s.hasRule(text(rule["uid"])) {
		refuse(w, http.StatusConflict, "a conflicting alert rule is found: rule UID is taken")
		return
	}
	s.completeRule(rule, folder, group)
	g := s.groups[folder+"/"+group]
	if g == nil {
		g = map[string]any{"title": group, "folderUid": folder, "interval": 60.0}
		s.groups[folder+"/"+group] = g
	}
	g["rules"] = append(list(g["rules"]), any(rule))
	answer(w, http.StatusCreated, rule)
}

func (s *Server) hasRule(uid string) bool {
	for _, g := range s.groups {
		if slices.ContainsFunc(list(g["rules"]), func(e any) bool { return object(e)["uid"] == uid }) {
			return true
		}
	}
	return false
}

// acceptRule refuses what Grafana refuses.
func (s *Server) acceptRule(w http.ResponseWriter, rule map[string]any) bool {
	receiver := text(object(rule["notification_settings"])["receiver"])
	notes := object(rule["annotations"])
	switch {
	case receiver != "" && s.contacts[receiver] == nil:
		refuse(w, http.StatusBadRequest, "receiver does not exist")
	case (text(notes["__dashboardUid__"]) == "") != (text(notes["__panelId__"]) == ""):
		refuse(w, http.StatusInternalServerError, "both annotations __dashboardUid__ and __panelId__ must be specified")
	case !slices.Contains([]string{"OK", "NoData", "Alerting", "KeepLast"}, text(rule["noDataState"])),
		!slices.Contains([]string{"OK", "Error", "Alerting", "KeepLast"}, text(rule["execErrState"])):
		refuse(w, http.StatusBadRequest, "unknown state")
	default:
		return true
	}
	return false
}

// completeRule adds what Grafana does, for the evaluation among it.
func (s *Server) completeRule(rule map[string]any, folder, group string) {
	rule["id"], rule["orgID"], rule["updated"], rule["provenance"] = s.id(), 1, "2026-01-01T00:00:00Z", "api"
	rule["folderUID"], rule["ruleGroup"], rule["record"], rule["keep_firing_for"] = folder, group, nil, "0s"
	if d, err := time.ParseDuration(text(rule["for"])); err == nil {
		rule["for"] = pending(d)
	}
	for _, d := range list(rule["data"]) {
		query := object(d)
		query["queryType"] = ""
		model := object(query["model"])
		model["intervalMs"], model["maxDataPoints"] = 1000, 43200
	}
}

// pending writes a duration without parts that are zero: 40m, 1h, 1m30s.
func pending(d time.Duration) string {
	out := d.String()
	if d%time.Minute == 0 {
		out = strings.TrimSuffix(out, "0s")
	}
	if d%time.Hour == 0 {
		out = strings.TrimSuffix(out, "0m")
	}
	return out
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
		refuse(w, http.StatusBadRequest, "invalid alert rule: folder does not exist")
		return
	case seconds <= 0 || int(seconds)%10 != 0:
		refuse(w, http.StatusBadRequest, "interval should be non-zero and divided exactly by scheduler interval: 10s")
		return
	}
	for _, e := range list(g["rules"]) {
		rule := object(e)
		if !s.acceptRule(w, rule) {
			return
		}
		if s.major < 12 && !s.hasRule(text(rule["uid"])) {
			refuse(w, http.StatusInternalServerError, "failed to update rule with UID "+text(rule["uid"])+" because could not find alert rule")
			return
		}
	}
	for _, e := range list(g["rules"]) {
		s.completeRule(object(e), r.PathValue("folder"), r.PathValue("group"))
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
