package geo

import (
	"math"

	"github.com/twpayne/go-geom"
)

// SchematicZones returns zones around the comune's point for a demonstration: a
// centre and a ring of sectors around it, labelled as schematic. Roma gets its
// fifteen municipi in their order around the first, other comuni a centre and
// four quarters. The zones touch and do not overlap; their size follows the
// comune's area, their borders are not real.
func SchematicZones(c Comune) []Area {
	centre, ring, bearing := "Centro", []string{"Nord", "Est", "Sud", "Ovest"}, -45.0
	if c.Code == "058091" {
		centre, bearing = "Municipio I", 0
		ring = []string{
			"Municipio II", "Municipio III", "Municipio IV", "Municipio V", "Municipio VI", "Municipio VII", "Municipio VIII",
			"Municipio IX", "Municipio X", "Municipio XI", "Municipio XII", "Municipio XIII", "Municipio XIV", "Municipio XV",
		}
	}
	radius := 1000 * math.Sqrt(c.AreaKM2/math.Pi) // of a disc of that area
	inner := c.around(0.3*radius, len(ring), bearing)
	outer := c.around(0.8*radius, len(ring), bearing)

	zones := []Area{schematic(c, centre, append(inner, inner[0]))}
	for i, name := range ring {
		next := (i + 1) % len(ring)
		zones = append(zones, schematic(c, name, []geom.Coord{inner[i], outer[i], outer[next], inner[next], inner[i]}))
	}
	return zones
}

// around returns n corners at a distance in metres from the comune's point,
// clockwise from a bearing in degrees.
func (c *Comune) around(metres float64, n int, bearing float64) []geom.Coord {
	const perDegree = earthRadius * math.Pi / 180
	corners := make([]geom.Coord, n)
	for i := range corners {
		sin, cos := math.Sincos((bearing + 360*float64(i)/float64(n)) * math.Pi / 180)
		lat := c.Point.Lat + metres*cos/perDegree
		lon := c.Point.Lon + metres*sin/perDegree/math.Cos(c.Point.Lat*math.Pi/180)
		corners[i] = geom.Coord{lon, lat}
	}
	return corners
}

// schematic returns one zone of a comune.
func schematic(c Comune, name string, ring []geom.Coord) Area {
	name += " (schematic)"
	shape := geom.NewMultiPolygon(geom.XY).MustSetCoords([][][]geom.Coord{{ring}})
	return Area{Code: c.Code, Zone: name, Name: name, Schematic: true, Shape: shape}
}
