package sensorthings

import (
	"fmt"
	"strings"
	"time"

	"rione/api/view"
	"rione/geo"
)

const (
	geojsonEncoding = "application/vnd.geo+json"
	measurementType = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
	textType        = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_TextObservation"
)

// property returns what an entity says of itself under a name, nil for nothing.
func (e *entity) property(name string) any {
	if name == "id" || name == "@iot.id" {
		return e.id
	}
	switch e.kind {
	case things:
		return thingProperty(e.thing, name)
	case locations, features:
		return placeProperty(e.thing, name)
	case historicalLocations:
		return stamp(sinceOf(e.thing))
	case datastreams:
		return streamProperty(e.stream, name)
	case sensors:
		return sensorProperty(e.thing, name)
	case observedProperties:
		return whatProperty(e.series, e.value, name)
	}
	return observationProperty(e, name)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999999Z") }

// sinceOf is when a placement began; one that is since ever began with the epoch.
func sinceOf(t *view.Thing) time.Time {
	if t.Since.IsZero() {
		return time.Unix(0, 0)
	}
	return t.Since
}

func thingName(t *view.Thing) string {
	if t.Name != "" {
		return t.Name
	}
	return t.ID
}

func thingProperty(t *view.Thing, name string) any {
	switch name {
	case "name":
		return thingName(t)
	case "description":
		return fmt.Sprintf("device of kind %s in %s", t.Kind, comuneName(t.Comune))
	}
	p := map[string]any{"device_id": t.ID, "kind": string(t.Kind), "comune": t.Comune, "comune_name": comuneName(t.Comune)}
	if t.Zone != "" {
		p["zone"] = t.Zone
	}
	return p
}

func comuneName(code string) string {
	if c, ok := geo.ComuneByCode(code); ok {
		return c.Name
	}
	return code
}

func placeProperty(t *view.Thing, name string) any {
	switch name {
	case "name":
		return "place of " + thingName(t)
	case "description":
		return strings.TrimSpace(comuneName(t.Comune) + " " + t.Zone)
	case "encodingType":
		return geojsonEncoding
	case "location", "feature":
		return map[string]any{"type": "Point", "coordinates": []float64{t.Point.Lon, t.Point.Lat}}
	}
	return map[string]any{"comune": t.Comune}
}

func streamProperty(s *stream, name string) any {
	m, f := s.series.Measurement, s.value.Field
	switch name {
	case "name":
		return thingName(s.thing) + " " + s.series.Key() + "." + f.Name
	case "description":
		return f.Doc + ", " + m.Doc
	case "observationType":
		if _, isText := s.value.Value.(string); isText {
			return textType
		}
		return measurementType
	case "unitOfMeasurement":
		if f.Unit == "" {
			return map[string]any{"name": nil, "symbol": nil, "definition": nil}
		}
		return map[string]any{"name": f.Unit, "symbol": f.Unit, "definition": "https://ucum.org/ucum#" + f.Unit}
	case "observedArea":
		if s.thing.Point == nil {
			return nil
		}
		return placeProperty(s.thing, "location")
	case "phenomenonTime", "resultTime":
		return stamp(s.value.Time) + "/" + stamp(s.value.Time)
	}
	p := map[string]any{"measurement": m.Name, "field": f.Name}
	for _, tag := range s.series.Tags {
		p[tag.Name] = tag.Value
	}
	return p
}

func sensorProperty(t *view.Thing, name string) any {
	switch name {
	case "name":
		return strings.TrimSpace(string(t.Kind) + " " + t.Model)
	case "description":
		return "what devices of kind " + string(t.Kind) + " measure with"
	case "encodingType":
		return "text/html"
	case "metadata":
		return "/docs"
	}
	return map[string]any{"kind": string(t.Kind)}
}

func whatProperty(s *view.Series, v *view.Value, name string) any {
	full := s.Measurement.Name + "." + v.Field.Name
	switch name {
	case "name":
		return full
	case "definition":
		return "urn:rione:schema:" + full
	case "description":
		return v.Field.Doc + ", " + s.Measurement.Doc
	}
	return map[string]any{"unit": v.Field.Unit}
}

func observationProperty(e *entity, name string) any {
	switch name {
	case "phenomenonTime", "resultTime":
		return stamp(e.reading.Time)
	case "result":
		return e.reading.Value
	}
	return map[string]any{"q": e.reading.Quality}
}
