package grafanatest

import (
	"maps"
	"net/http"
	"slices"
)

func (s *Server) listFolders(w http.ResponseWriter, _ *http.Request) {
	out := []any{}
	for _, uid := range slices.Sorted(maps.Keys(s.folders)) {
		out = append(out, s.folders[uid])
	}
	answer(w, http.StatusOK, out)
}

func (s *Server) createFolder(w http.ResponseWriter, r *http.Request) {
	f := body(w, r)
	if f == nil {
		return
	}
	uid := text(f["uid"])
	if s.folders[uid] != nil || s.dashboards[uid] != nil { // one space of UIDs
		refuse(w, http.StatusConflict, "a folder/dashboard with the same uid already exists")
		return
	}
	f["id"], f["version"], f["url"] = s.id(), 1, "/dashboards/f/"+uid
	s.folders[uid] = f
	answer(w, http.StatusOK, f)
}

func (s *Server) readFolder(w http.ResponseWriter, r *http.Request) {
	f := s.folders[r.PathValue("uid")]
	if f == nil {
		refuse(w, http.StatusNotFound, "folder not found")
		return
	}
	answer(w, http.StatusOK, f)
}

func (s *Server) updateFolder(w http.ResponseWriter, r *http.Request) {
	f := s.folders[r.PathValue("uid")]
	if f == nil {
		refuse(w, http.StatusNotFound, "folder not found")
		return
	}
	change := body(w, r)
	if change == nil {
		return
	}
	if change["overwrite"] != true {
		refuse(w, http.StatusPreconditionFailed, "the folder has been changed by someone else")
		return
	}
	f["title"] = change["title"]
	answer(w, http.StatusOK, f)
}

// deleteFolder deletes what is in it too, alert rules only when it is told to.
func (s *Server) deleteFolder(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	if s.folders[uid] == nil {
		refuse(w, http.StatusNotFound, "folder not found")
		return
	}
	for _, g := range s.groups {
		if g["folderUid"] == uid && r.URL.Query().Get("forceDeleteRules") != "true" {
			refuse(w, http.StatusBadRequest, "Folder cannot be deleted: folder is not empty")
			return
		}
	}
	delete(s.folders, uid)
	maps.DeleteFunc(s.dashboards, func(_ string, d *dashboard) bool { return d.folder == uid })
	answer(w, http.StatusOK, map[string]any{"message": "Folder deleted"})
}
