package grafanatest

import (
	"maps"
	"net/http"
	"slices"
)

func (s *Server) listDataSources(w http.ResponseWriter, _ *http.Request) {
	out := []any{}
	for _, uid := range slices.Sorted(maps.Keys(s.dataSources)) {
		out = append(out, s.dataSources[uid]) // the list tells nothing of secrets
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) createDataSource(w http.ResponseWriter, r *http.Request) {
	d := body(w, r)
	if d == nil {
		return
	}
	uid := text(d["uid"])
	for other, o := range s.dataSources {
		if other == uid || o["name"] == d["name"] {
			refuse(w, http.StatusConflict, "data source with the same name already exists")
			return
		}
	}
	d["id"] = s.id()
	s.secrets[uid] = map[string]string{}
	s.storeDataSource(uid, d, 1)
	answer(w, http.StatusOK, map[string]any{"id": d["id"], "name": d["name"], "message": "Datasource added"})
}

// storeDataSource keeps secrets that are not given.
func (s *Server) storeDataSource(uid string, d map[string]any, version int) {
	given, _ := d["secureJsonData"].(map[string]any)
	for name, value := range given {
		s.secrets[uid][name] = text(value)
	}
	delete(d, "secureJsonData")
	maps.Copy(d, map[string]any{
		"orgId": 1, "typeLogoUrl": "public/app/plugins/datasource/influxdb/img/influxdb_logo.svg", "version": version,
		"readOnly": false, "apiVersion": "", "user": "", "basicAuth": false,
	})
	s.dataSources[uid] = d
}

func (s *Server) readDataSource(w http.ResponseWriter, r *http.Request) {
	d := s.dataSources[r.PathValue("uid")]
	if d == nil {
		refuse(w, http.StatusNotFound, "Data source not found")
		return
	}
	set := map[string]any{}
	for name := range s.secrets[r.PathValue("uid")] {
		set[name] = true
	}
	d = s.normal(maps.Clone(d))
	d["secureJsonFields"] = set
	answer(w, http.StatusOK, d)
}

func (s *Server) updateDataSource(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	live := s.dataSources[uid]
	if live == nil {
		refuse(w, http.StatusNotFound, "Data source not found")
		return
	}
	d := body(w, r)
	if d == nil {
		return
	}
	if live["readOnly"] == true {
		refuse(w, http.StatusForbidden, "Cannot update read-only data source")
		return
	}
	version, _ := live["version"].(int)
	if given, ok := d["version"].(float64); ok && int(given) != version {
		refuse(w, http.StatusConflict, "Datasource has already been updated by someone else. Please reload and try again")
		return
	}
	d["id"] = live["id"]
	s.storeDataSource(uid, d, version+1)
	answer(w, http.StatusOK, map[string]any{"id": d["id"], "message": "Datasource updated"})
}

func (s *Server) deleteDataSource(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	if s.dataSources[uid] == nil {
		refuse(w, http.StatusNotFound, "Data source not found")
		return
	}
	if s.dataSources[uid]["readOnly"] == true {
		refuse(w, http.StatusForbidden, "Cannot delete read-only data source")
		return
	}
	delete(s.dataSources, uid)
	delete(s.secrets, uid)
	answer(w, http.StatusOK, map[string]any{"message": "Data source deleted"})
}

// Secret returns a secret of a data source, which a real Grafana never shows.
func (s *Server) Secret(uid, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secrets[uid][name]
}

// EditDataSource changes a data source as a person would.
func (s *Server) EditDataSource(uid string, edit func(map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.dataSources[uid]
	edit(d)
	version, _ := d["version"].(int)
	d["version"] = version + 1
}
