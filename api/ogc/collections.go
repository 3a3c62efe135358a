package ogc

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"rione/api/problem"
	"rione/api/view"
	"rione/geo"
	"rione/ingest/schema"
)

// collection is a set of features.
type collection struct {
	id, title, description string
	features               func(c *view.City) []feature // ordered by id
}

// latestPrefix begins the ids of collections of latest readings.
const latestPrefix = "latest-"

// collectionsOf returns what an audience sees: the same collections for all, and
// one of latest readings for every measurement of which there are any.
func collectionsOf(c *view.City) []collection {
	list := []collection{
		{"devices", "Devices", "Where devices stand and what they measure.", devicesOf},
		{"comuni", "Comuni", "Municipalities that have devices.", comuniOf},
		{"zones", "Zones", "Municipi and quartieri of these.", zonesOf},
	}
	for _, m := range measurementsOf(c) {
		list = append(list, collection{latestPrefix + m.Name, "Latest readings: " + m.Doc, "The newest reading of every device. " + fieldsText(m),
			func(c *view.City) []feature { return latestOf(c, m) }})
	}
	return list
}

func measurementsOf(c *view.City) []*schema.Measurement {
	seen := make(map[*schema.Measurement]bool)
	for _, t := range c.Things {
		for i := range t.Series {
			seen[t.Series[i].Measurement] = true
		}
	}
	var list []*schema.Measurement
	for _, m := range schema.All() {
		if seen[m] {
			list = append(list, m)
		}
	}
	return list
}

func fieldsText(m *schema.Measurement) string {
	var parts []string
	for i := range m.Fields {
		f := &m.Fields[i]
		text := f.Name + ": " + f.Doc
		if f.Unit != "" {
			text += " (" + f.Unit + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ") + "."
}

func (h *Handler) collections(w http.ResponseWriter, r *http.Request) {
	if wrong := unknown(r.URL.Query()); wrong != "" {
		problem.Write(w, http.StatusBadRequest, wrong)
		return
	}
	city, err := h.o.Audience(r).City(r.Context())
	if err != nil {
		h.failed(w, err)
		return
	}
	base := h.base(r)
	list := []any{}
	for _, c := range collectionsOf(city) {
		list = append(list, c.describe(base, city))
	}
	h.give(w, jsonType, map[string]any{
		"links":       []link{{base + "/collections", "self", jsonType, "this document"}},
		"collections": list, "crs": []string{CRS84},
	})
}

func (h *Handler) collection(w http.ResponseWriter, r *http.Request) {
	if wrong := unknown(r.URL.Query()); wrong != "" {
		problem.Write(w, http.StatusBadRequest, wrong)
		return
	}
	city, c, ok := h.find(w, r)
	if ok {
		h.give(w, jsonType, c.describe(h.base(r), city))
	}
}

// find returns the collection that the address names, and answers when there is
// none.
func (h *Handler) find(w http.ResponseWriter, r *http.Request) (*view.City, *collection, bool) {
	city, err := h.o.Audience(r).City(r.Context())
	if err != nil {
		h.failed(w, err)
		return nil, nil, false
	}
	all := collectionsOf(city)
	i := slices.IndexFunc(all, func(c collection) bool { return c.id == r.PathValue("collection") })
	if i < 0 {
		problem.Write(w, http.StatusNotFound, "there is no such collection; /ogc/collections lists them")
		return nil, nil, false
	}
	return city, &all[i], true
}

// describe returns the collection's resource.
func (c *collection) describe(base string, city *view.City) map[string]any {
	at := base + "/collections/" + c.id
	out := map[string]any{
		"id": c.id, "title": c.title, "description": c.description, "itemType": "feature", "crs": []string{CRS84}, "storageCrs": CRS84,
		"links": []link{
			{at, "self", jsonType, c.title},
			{at + "/items", "items", geojsonType, "features of " + c.title},
		},
	}
	if extent := extentOf(c.features(city)); len(extent) > 0 {
		out["extent"] = extent
	}
	return out
}

// extentOf returns where and when features are.
func extentOf(features []feature) map[string]any {
	out := make(map[string]any)
	var box *geo.BBox
	var first, last time.Time
	for i := range features {
		if b, ok := features[i].bounds(); ok {
			box = union(box, b)
		}
		if t := features[i].time; !t.IsZero() {
			if first.IsZero() || t.Before(first) {
				first = t
			}
			if t.After(last) {
				last = t
			}
		}
	}
	if box != nil {
		out["spatial"] = map[string]any{"bbox": [][]float64{{box.MinLon, box.MinLat, box.MaxLon, box.MaxLat}}, "crs": CRS84}
	}
	if !first.IsZero() {
		out["temporal"] = map[string]any{"interval": [][]string{{stamp(first), stamp(last)}}}
	}
	return out
}

func union(a *geo.BBox, b geo.BBox) *geo.BBox {
	if a == nil {
		return &b
	}
	return &geo.BBox{
		MinLat: min(a.MinLat, b.MinLat), MinLon: min(a.MinLon, b.MinLon),
		MaxLat: max(a.MaxLat, b.MaxLat), MaxLon: max(a.MaxLon, b.MaxLon),
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
