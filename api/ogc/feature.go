package ogc

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"rione/api/view"
	"rione/geo"
	"rione/ingest/schema"
)

// feature is one feature, cheap to choose; its properties are made when it is
// written.
type feature struct {
	id         string
	comune     string
	point      *geo.Point         // or
	shape      *geom.MultiPolygon // or neither
	time       time.Time          // zero: it has none
	properties func() map[string]any
}

// bounds returns the box of the geometry, false when there is none.
func (f *feature) bounds() (geo.BBox, bool) {
	switch {
	case f.point != nil:
		return geo.BBox{MinLat: f.point.Lat, MinLon: f.point.Lon, MaxLat: f.point.Lat, MaxLon: f.point.Lon}, true
	case f.shape != nil:
		b := f.shape.Bounds()
		return geo.BBox{MinLat: b.Min(1), MinLon: b.Min(0), MaxLat: b.Max(1), MaxLon: b.Max(0)}, true
	}
	return geo.BBox{}, false
}

// written is a feature as GeoJSON.
type written struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Geometry   json.RawMessage `json:"geometry"`
	Properties map[string]any  `json:"properties"`
	Links      []link          `json:"links,omitempty"`
}

func (f *feature) write() (written, error) {
	out := written{Type: "Feature", ID: f.id, Geometry: json.RawMessage("null"), Properties: f.properties()}
	var err error
	switch {
	case f.point != nil:
		out.Geometry, err = json.Marshal(map[string]any{"type": "Point", "coordinates": []float64{f.point.Lon, f.point.Lat}})
	case f.shape != nil:
		out.Geometry, err = geojson.Marshal(f.shape)
	}
	return out, err
}

func devicesOf(c *view.City) []feature {
	list := make([]feature, 0, len(c.Things))
	for _, t := range c.Things {
		list = append(list, feature{id: t.ID, comune: t.Comune, point: t.Point, time: t.Seen(), properties: func() map[string]any {
			p := ofThing(t)
			var names []string
			for i := range t.Series {
				if name := t.Series[i].Measurement.Name; !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			p["measurements"] = names
			setText(p, "name", t.Name)
			if seen := t.Seen(); !seen.IsZero() {
				p["time"] = stamp(seen)
			}
			return p
		}})
	}
	return list
}

// ofThing are the properties that everything of a device has.
func ofThing(t *view.Thing) map[string]any {
	p := map[string]any{"device_id": t.ID, "kind": t.Kind, "comune": t.Comune, "comune_name": nameOf(t.Comune)}
	setText(p, "zone", t.Zone)
	return p
}

func setText(p map[string]any, name, text string) {
	if text != "" {
		p[name] = text
	}
}

func nameOf(comune string) string {
	if c, ok := geo.ComuneByCode(comune); ok {
		return c.Name
	}
	return comune
}

func latestOf(c *view.City, m *schema.Measurement) []feature {
	var list []feature
	for _, t := range c.Things {
		for i := range t.Series {
			s := &t.Series[i]
			if s.Measurement != m {
				continue
			}
			list = append(list, feature{id: latestID(t, s), comune: t.Comune, point: t.Point, time: s.Time, properties: func() map[string]any {
				p := ofThing(t)
				p["time"], p["q"] = stamp(s.Time), s.Quality
				for _, tag := range s.Tags {
					p[tag.Name] = tag.Value
				}
				for _, v := range s.Values {
					p[v.Field.Name] = v.Value
				}
				return p
			}})
		}
	}
	slices.SortFunc(list, byID)
	return list
}

// latestID names a series within its collection.
func latestID(t *view.Thing, s *view.Series) string {
	id := t.ID
	for _, tag := range s.Tags {
		id += ";" + tag.Name + "=" + tag.Value
	}
	return id
}

func byID(a, b feature) int { return cmp.Compare(a.id, b.id) }

// comuniOf are the comuni of the devices: outlines where they are known, else a
// point that stands for the comune.
func comuniOf(c *view.City) []feature {
	devices := make(map[string]int)
	for _, t := range c.Things {
		devices[t.Comune]++
	}
	shapes := make(map[string]*geom.MultiPolygon)
	for i := range c.Areas {
		if a := &c.Areas[i]; a.Zone == "" {
			shapes[a.Code] = a.Shape
		}
	}
	var list []feature
	for code, n := range devices {
		f := feature{id: code, comune: code, shape: shapes[code]}
		known, ok := geo.ComuneByCode(code)
		if ok && f.shape == nil {
			f.point = &known.Point
		}
		f.properties = func() map[string]any {
			p := map[string]any{"comune": code, "name": nameOf(code), "devices": n}
			setText(p, "province", known.Province)
			setText(p, "region", known.Region)
			return p
		}
		list = append(list, f)
	}
	slices.SortFunc(list, byID)
	return list
}

func zonesOf(c *view.City) []feature {
	var list []feature
	for i := range c.Areas {
		a := &c.Areas[i]
		if a.Zone == "" {
			continue
		}
		list = append(list, feature{id: a.Code + ";" + strings.ReplaceAll(a.Zone, "/", "_"), comune: a.Code, shape: a.Shape, properties: func() map[string]any {
			p := map[string]any{"comune": a.Code, "comune_name": nameOf(a.Code), "zone": a.Zone, "schematic": a.Schematic}
			setText(p, "name", a.Name)
			return p
		}})
	}
	slices.SortFunc(list, byID)
	return list
}
