package alias

import (
	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest/decode/wire"
)

// where gathers the coordinates that an object gives, each in its own member or
// both in one. The first of each stays.
type where struct {
	point    geo.Point
	lat, lon bool
}

// Position returns where the objects say that the device is, nil where they do
// not say it, or where trackers say 0,0 since they have no fix. Figures beyond a
// circle are degrees times some power of ten that nobody states.
func (c *Collector) Position() *geo.Point {
	if !c.place.lat || !c.place.lon || c.place.point == (geo.Point{}) || c.place.point.Check() != nil {
		return nil
	}
	at := c.place.point
	return &at
}

// located takes a member that says where the device is. It is false for any
// other one.
func (c *Collector) located(key string, v *fastjson.Value, depth int) bool {
	switch v.Type() {
	case fastjson.TypeNumber, fastjson.TypeString:
		return c.coordinate(key, v)
	case fastjson.TypeObject:
		return c.inPlace(key, v, depth)
	}
	return false
}

// coordinate takes a latitude or a longitude in degrees.
func (c *Collector) coordinate(key string, v *fastjson.Value) bool {
	to, seen := &c.place.point.Lat, &c.place.lat
	switch plain(key) {
	case "latitude", "lat":
	case "longitude", "lon", "lng", "long":
		to, seen = &c.place.point.Lon, &c.place.lon
	default:
		return false
	}
	n, ok := c.json.Loose(v)
	switch {
	case !ok:
		wire.Unknown(c.out, key)
	case !*seen:
		*to, *seen = n, true
	}
	return true
}

// inPlace reads an object whose key says that it is a place: its coordinates, or
// one such object for each channel, of which the first counts. Altitudes and what
// else is in it say nothing of the world.
func (c *Collector) inPlace(key string, v *fastjson.Value, depth int) bool {
	if base, ok := Channel(key); ok {
		key = base
	}
	switch plain(key) {
	case "gps", "gpslocation", "location", "position", "gnss", "coordinates":
	default:
		return false
	}
	if depth >= maxNesting {
		return false
	}
	v.GetObject().Visit(func(name []byte, v *fastjson.Value) {
		switch {
		case v.Type() == fastjson.TypeNumber:
			c.coordinate(wire.Text(name), v)
		case v.Type() == fastjson.TypeObject && !c.place.lat:
			c.inPlace(key, v, depth+1)
		}
	})
	return true
}

// plain is a key squeezed, as the table's are.
func plain(key string) string {
	var buf [16]byte
	if len(key) > len(buf) {
		return ""
	}
	return string(squeeze(buf[:0], key))
}
