package ogc

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rione/api/problem"
)

// page is a FeatureCollection. It has no timeStamp, which the standard leaves to
// the server: the same features are the same answer, so its ETag holds.
type page struct {
	Type     string    `json:"type"`
	Features []written `json:"features"`
	Links    []link    `json:"links"`
	Matched  int       `json:"numberMatched"`
	Returned int       `json:"numberReturned"`
}

func (h *Handler) items(w http.ResponseWriter, r *http.Request) {
	city, c, ok := h.find(w, r)
	if !ok {
		return
	}
	f, err := filterOf(r.URL.Query())
	if err != nil {
		problem.Write(w, http.StatusBadRequest, err.Error())
		return
	}
	chosen := c.features(city)
	chosen = slices.DeleteFunc(chosen, func(one feature) bool { return !f.chooses(&one) })
	self := h.base(r) + "/collections/" + c.id + "/items"
	out := page{Type: "FeatureCollection", Features: []written{}, Matched: len(chosen)}
	out.Links = []link{
		{withQuery(self, r.URL.Query(), ""), "self", geojsonType, "this document"},
		{strings.TrimSuffix(self, "/items"), "collection", jsonType, c.title},
	}
	start := 0
	if f.after != "" {
		start, _ = slices.BinarySearchFunc(chosen, f.after+"\x00", func(one feature, id string) int { return strings.Compare(one.id, id) })
	}
	end := min(start+f.limit, len(chosen))
	for i := range chosen[start:end] {
		one, err := chosen[start+i].write()
		if err != nil {
			h.failed(w, err)
			return
		}
		out.Features = append(out.Features, one)
	}
	out.Returned = len(out.Features)
	if end < len(chosen) {
		out.Links = append(out.Links, link{withQuery(self, r.URL.Query(), chosen[end-1].id), "next", geojsonType, "next page"})
	}
	w.Header().Set("Content-Crs", "<"+CRS84+">")
	h.give(w, geojsonType, out)
}

// withQuery returns the address with its parameters, and another cursor when one
// is given.
func withQuery(at string, q url.Values, cursor string) string {
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if len(q) == 0 {
		return at
	}
	return at + "?" + q.Encode()
}

func (h *Handler) item(w http.ResponseWriter, r *http.Request) {
	city, c, ok := h.find(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	if wrong := unknown(q, "crs"); wrong != "" || q.Has("crs") && q.Get("crs") != CRS84 {
		problem.Write(w, http.StatusBadRequest, cmp.Or(wrong, "crs is "+CRS84+": there is no other"))
		return
	}
	all := c.features(city)
	i := slices.IndexFunc(all, func(one feature) bool { return one.id == r.PathValue("item") })
	if i < 0 {
		problem.Write(w, http.StatusNotFound, "the collection has no such feature")
		return
	}
	out, err := all[i].write()
	if err != nil {
		h.failed(w, err)
		return
	}
	at := h.base(r) + "/collections/" + c.id
	w.Header().Set("Content-Crs", "<"+CRS84+">")
	out.Links = []link{{at + "/items/" + url.PathEscape(out.ID), "self", geojsonType, "this document"}, {at, "collection", jsonType, c.title}}
	h.give(w, geojsonType, out)
}
