package api

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/problem"
	"rione/devices"
	"rione/geo"
)

// DeviceFilter are the query parameters that choose devices, the same at every
// address that has them.
type DeviceFilter struct {
	Q      string `query:"q" maxLength:"100" doc:"Part of the id, the name, the comune's name or the zone, in any letter case."`
	Kind   string `query:"kind" maxLength:"200" pattern:"^(wifi_ap|bb_node|bb_probe|air|noise|weather|water|traffic|parking|light|bin|people|gateway|,)*$" doc:"Kinds, separated by commas."`
	Comune string `query:"comune" maxLength:"700" pattern:"^([0-9]{6},?)*$" doc:"ISTAT codes of comuni, separated by commas." example:"058091"`
	Zone   string `query:"zone" maxLength:"100" doc:"Municipio or quartiere."`
	Group  string `query:"group" maxLength:"100" doc:"Group that operators made."`
	SpatialFilter
	BBox string `query:"bbox" maxLength:"100" doc:"minLon,minLat,maxLon,maxLat in degrees." example:"12.2,41.6,12.9,42.1"`
}

// chooser is a DeviceFilter made ready for many devices.
type chooser struct {
	ids    map[string]bool
	text   string
	kinds  map[string]bool
	comuni map[string]bool
	zone   string
	group  string
	box    *geo.BBox
	where  spatial
	place  func(*devices.Device) (geo.Point, bool)
	scope  scope

	state devices.State              // approved, unless asked otherwise
	away  func(*devices.Device) bool // tells those that say they are elsewhere; nil: any
}

func (f *DeviceFilter) chooser(place func(*devices.Device) (geo.Point, bool), in scope) (*chooser, error) {
	c := &chooser{
		text: strings.ToLower(strings.TrimSpace(f.Q)), kinds: setOf(f.Kind), comuni: setOf(f.Comune),
		zone: f.Zone, group: f.Group, place: place, scope: in, state: devices.Approved,
	}
	for k := range c.kinds {
		if !devices.Kind(k).Known() {
			return nil, badQuery("kind", "there is no kind "+problem.Short(k))
		}
	}
	for code := range c.comuni {
		if len(code) != 6 { // the live feed's parameters pass no schema
			return nil, badQuery("comune", "an ISTAT code has six digits, as 058091")
		}
	}
	if f.BBox != "" {
		box, err := parseBBox(f.BBox)
		if err != nil {
			return nil, err
		}
		c.box = &box
	}
	var err error
	c.where, err = f.ready()
	return c, err
}

// wants tells whether the filter chooses the device, within the scope. Retired and
// pending devices are chosen only by who asks for them.
func (c *chooser) wants(d *devices.Device) bool {
	if d.State() != c.state || !c.scope.sees(d) {
		return false
	}
	at := d.Current()
	if len(c.ids) > 0 && !c.ids[d.ID] || len(c.kinds) > 0 && !c.kinds[string(d.Kind)] ||
		len(c.comuni) > 0 && !c.comuni[at.Comune] ||
		c.zone != "" && c.zone != at.Zone || c.group != "" && c.group != d.Group {
		return false
	}
	if c.box != nil || c.where.asks() {
		if p, ok := c.place(d); !ok || c.box != nil && !c.box.Contains(p) || !c.where.holds(p) {
			return false
		}
	}
	return (c.text == "" || c.mentions(d, at)) && (c.away == nil || c.away(d))
}

func (c *chooser) mentions(d *devices.Device, at *devices.Placement) bool {
	for _, s := range []string{d.ID, d.Name, at.Zone, comuneName(at.Comune)} {
		if strings.Contains(strings.ToLower(s), c.text) {
			return true
		}
	}
	return false
}

func setOf(list string) map[string]bool {
	set := make(map[string]bool)
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			set[item] = true
		}
	}
	return set
}

func parseBBox(text string) (geo.BBox, error) {
	box, err := geo.ParseBBox(text)
	if err != nil {
		return box, badQuery("bbox", err.Error())
	}
	return box, nil
}

// badQuery is the answer to a query parameter that makes no sense.
func badQuery(parameter, what string) error {
	return huma.Error422UnprocessableEntity("the query parameter "+parameter+" makes no sense: "+what,
		&huma.ErrorDetail{Location: "query." + parameter, Message: what})
}

// Cursors are opaque to clients, so that what is in them may change.
func writeCursor(s string) string {
	if s == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(s))
}

func readCursor(s string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", badQuery("cursor", "use what the page before gave as next")
	}
	return string(b), nil
}

// parseTime reads a query parameter of RFC 3339; "" is the zero time.
func parseTime(parameter, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, badQuery(parameter, "give RFC 3339, as 2026-11-22T13:00:00Z")
	}
	return t.UTC(), storable(parameter, t)
}

// storable refuses times that InfluxDB's nanoseconds cannot say.
func storable(parameter string, t time.Time) error {
	if y := t.Year(); y < 1970 || y > 2260 {
		return badQuery(parameter, "the year must be from 1970 to 2260")
	}
	return nil
}
