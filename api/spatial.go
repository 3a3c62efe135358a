package api

import (
	"cmp"
	"slices"
	"strconv"

	"rione/devices"
	"rione/geo"
)

// SpatialFilter are the query parameters that choose devices by where they are
// shown, so that they cannot be used to find a home.
type SpatialFilter struct {
	Near    string `query:"near" maxLength:"60" doc:"lat,lon in degrees; with radius or nearest." example:"41.9,12.5"`
	Radius  string `query:"radius" maxLength:"20" doc:"At most so far from near, metres."`
	Nearest int    `query:"nearest" minimum:"0" maximum:"10000" doc:"So many that are nearest to near, the nearest first, on one page."`
	Polygon string `query:"polygon" maxLength:"16000" pattern:"^[0-9.,eE+ -]*$" doc:"lon,lat,lon,lat,… in degrees: within it, border included."`
	Cell    string `query:"cell" maxLength:"16" doc:"Token of an S2 cell of any level."`
}

// maxRadius is half around the Earth, metres.
const maxRadius = 20_100_000

// spatial is a SpatialFilter made ready for many devices. Its members are nil
// where nothing is asked.
type spatial struct {
	near    *geo.Point
	nearest int     // 0: any
	radius  float64 // 0: any
	polygon *geo.Region
	cell    *geo.Cell
}

func (f *SpatialFilter) ready() (c spatial, err error) {
	if f.Near == "" && (f.Radius != "" || f.Nearest > 0) {
		return c, badQuery("near", "give the point that radius and nearest are counted from")
	}
	if f.Near != "" {
		p, err := geo.ParsePoint(f.Near)
		if err != nil {
			return c, badQuery("near", err.Error())
		}
		c.near, c.nearest = &p, f.Nearest
		if f.Radius == "" && f.Nearest == 0 {
			return c, badQuery("near", "give radius or nearest with it")
		}
	}
	if f.Radius != "" {
		if c.radius, err = strconv.ParseFloat(f.Radius, 64); err != nil || !(c.radius > 0 && c.radius <= maxRadius) {
			return c, badQuery("radius", "give metres, more than 0")
		}
	}
	if f.Polygon != "" {
		region, err := geo.ParsePolygon(f.Polygon)
		if err != nil {
			return c, badQuery("polygon", err.Error())
		}
		c.polygon = &region
	}
	if f.Cell != "" {
		cell, err := geo.ParseCell(f.Cell)
		if err != nil {
			return c, badQuery("cell", err.Error())
		}
		c.cell = &cell
	}
	return c, nil
}

// asks reports whether anything is asked of the position.
func (c *spatial) asks() bool { return c.near != nil || c.polygon != nil || c.cell != nil }

// holds reports whether a point is where the filter says.
func (c *spatial) holds(p geo.Point) bool {
	return (c.radius == 0 || geo.Haversine(*c.near, p) <= c.radius) &&
		(c.polygon == nil || c.polygon.Contains(p)) && (c.cell == nil || c.cell.Contains(p))
}

// nearestPage returns those of the devices that are nearest to the point.
func (s *Server) nearestPage(chosen []*devices.Device, where *spatial) devicePage {
	type found struct {
		device *devices.Device
		metres float64
	}
	all := make([]found, 0, len(chosen))
	for _, d := range chosen {
		if p, placed := s.place(d); placed {
			all = append(all, found{d, geo.Haversine(*where.near, p)})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.metres, b.metres) })
	page := devicePage{matched: len(all)}
	for _, f := range all[:min(where.nearest, len(all))] {
		page.devices, page.metres = append(page.devices, f.device), append(page.metres, f.metres)
	}
	return page
}
