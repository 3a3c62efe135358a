package grafanatest

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
)

func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	out := []any{}
	for _, uid := range slices.Sorted(maps.Keys(s.dashboards)) {
		d := s.dashboards[uid]
		tags, _ := d.model["tags"].([]any)
		if tag := query.Get("tag"); tag != "" && !slices.Contains(tags, any(tag)) {
			continue
		}
		if folder := query.Get("folderUIDs"); folder != "" && d.folder != folder {
			continue
		}
		out = append(out, map[string]any{
			"id": d.model["id"], "uid": uid, "title": d.model["title"], "type": "dash-db", "tags": tags, "folderUid": d.folder,
		})
	}
	answer(w, http.StatusOK, append(out, s.ghosts...))
}

// LagSearch makes the search go on listing what is deleted from now on, as an index
// does that follows the store.
func (s *Server) LagSearch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lags = true
}

var goodUID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,40}$`)

func (s *Server) saveDashboard(w http.ResponseWriter, r *http.Request) {
	save := body(w, r)
	if save == nil {
		return
	}
	model, _ := save["dashboard"].(map[string]any)
	uid, folder := text(model["uid"]), text(save["folderUid"]) // without one it goes to the root
	switch {
	case text(model["title"]) == "":
		refuse(w, http.StatusBadRequest, "Dashboard title cannot be empty")
	case !goodUID.MatchString(uid):
		refuse(w, http.StatusBadRequest, "uid contains illegal characters")
	case folder != "" && s.folders[folder] == nil:
		refuse(w, http.StatusNotFound, "folder not found")
	case s.folders[uid] != nil:
		refuse(w, http.StatusBadRequest, "a dashboard cannot have the UID of a folder")
	case s.major < 12 && s.titled(uid, folder, text(model["title"])): // until 11.3
		answer(w, http.StatusPreconditionFailed, map[string]any{
			"message": "A dashboard with the same name in the folder already exists", "status": "name-exists",
		})
	case s.dashboards[uid] == nil:
		s.dashboards[uid] = &dashboard{folder: folder}
		model["id"] = s.id()
		s.store(w, uid, model, save)
	case s.dashboards[uid].provisioned:
		refuse(w, http.StatusBadRequest, "Cannot save provisioned dashboard")
	case save["overwrite"] != true && model["version"] != float64(s.dashboards[uid].version):
		answer(w, http.StatusPreconditionFailed, map[string]any{
			"message": "The dashboard has been changed by someone else", "status": "version-mismatch",
		})
	default:
		s.dashboards[uid].folder = folder
		model["id"] = s.dashboards[uid].model["id"]
		s.store(w, uid, model, save)
	}
}

// titled tells whether another dashboard of the folder has that title.
func (s *Server) titled(uid, folder, title string) bool {
	for other, d := range s.dashboards {
		if other != uid && d.folder == folder && d.model["title"] == title {
			return true
		}
	}
	return false
}

// store keeps the model as it was sent. The same model again leaves the
// version alone and yet adds to the history.
func (s *Server) store(w http.ResponseWriter, uid string, model, save map[string]any) {
	d := s.dashboards[uid]
	d.history = append(d.history, text(save["message"]))
	model["version"] = d.version
	if d.model == nil || !reflect.DeepEqual(d.model, model) {
		d.version++
	}
	model["version"] = d.version
	d.model = model
	answer(w, http.StatusOK, map[string]any{
		"id": model["id"], "uid": uid, "url": "/d/" + uid, "status": "success", "version": d.version, "folderUid": d.folder,
	})
}

func (s *Server) readDashboard(w http.ResponseWriter, r *http.Request) {
	d := s.dashboards[r.PathValue("uid")]
	if d == nil {
		refuse(w, http.StatusNotFound, "Dashboard not found")
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"meta": map[string]any{
			"folderUid": d.folder, "version": d.version, "provisioned": d.provisioned, "isStarred": false, "slug": "",
		},
		"dashboard": s.normalPage(d.model),
	})
}

func (s *Server) deleteDashboard(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	switch d := s.dashboards[uid]; {
	case d == nil:
		refuse(w, http.StatusNotFound, "Dashboard not found")
	case d.provisioned:
		refuse(w, http.StatusBadRequest, "provisioned dashboard cannot be deleted")
	default:
		if s.lags {
			s.ghosts = append(s.ghosts, map[string]any{
				"uid": uid, "title": d.model["title"], "type": "dash-db", "tags": d.model["tags"], "folderUid": d.folder,
			})
		}
		delete(s.dashboards, uid)
		delete(s.public, uid)
		answer(w, http.StatusOK, map[string]any{"message": "Dashboard deleted", "uid": uid})
	}
}

// Provision makes a dashboard one that Grafana loads from a file.
func (s *Server) Provision(uid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dashboards[uid].provisioned = true
}

// Dashboard returns the model of a live dashboard and its folder, nil when
// there is none.
func (s *Server) Dashboard(uid string) (model map[string]any, folder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.dashboards[uid]
	if d == nil {
		return nil, ""
	}
	return d.model, d.folder
}

// DashboardUIDs returns the UIDs of all live dashboards, in order.
func (s *Server) DashboardUIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.dashboards))
}

// Edit saves a dashboard from the web page after a person's edit, which may do
// nothing: such a save drops root keys that the page does not know and adds
// what it writes into everything.
func (s *Server) Edit(uid string, edit func(model map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.dashboards[uid]
	model := clone(d.model)
	maps.DeleteFunc(model, func(k string, _ any) bool { return !slices.Contains(pageKeys(), k) })
	model["schemaVersion"] = 42.0
	for _, panel := range list(model["panels"]) {
		if p, ok := panel.(map[string]any); ok && p["type"] != "row" {
			p["pluginVersion"] = "12.4.1"
		}
	}
	for _, variable := range list(object(model["templating"])["list"]) {
		if v, ok := variable.(map[string]any); ok {
			v["current"] = map[string]any{"text": "058091", "value": "058091"}
		}
	}
	edit(model)
	d.version++
	model["version"] = d.version
	d.model = model
}

// Put makes a dashboard of somebody else's.
func (s *Server) Put(uid, folder string, model map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	model["uid"], model["id"], model["version"] = uid, s.id(), 1
	s.dashboards[uid] = &dashboard{model: model, folder: folder, version: 1}
}

func pageKeys() []string {
	return []string{
		"annotations", "description", "editable", "fiscalYearStartMonth", "graphTooltip", "id", "links", "panels", "preload",
		"refresh", "schemaVersion", "tags", "templating", "time", "timepicker", "timezone", "title", "uid", "version",
		"weekStart",
	}
}

func list(v any) []any            { l, _ := v.([]any); return l }
func object(v any) map[string]any { o, _ := v.(map[string]any); return o }

func clone(v map[string]any) map[string]any {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // it came from JSON
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}
