package geo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/golang/geo/s2"
	"github.com/twpayne/go-geom"
)

// Region is an outline that points are asked against. It is immutable.
type Region struct{ polygons []polygon }

// NewRegion returns the region of a shape in degrees, layout XY.
func NewRegion(shape *geom.MultiPolygon) Region { return Region{polygonsOf(shape)} }

// Contains reports whether p lies in the region or on its border.
func (r Region) Contains(p Point) bool {
	for i := range r.polygons {
		if r.polygons[i].contains(p.Lon, p.Lat) {
			return true
		}
	}
	return false
}

// Corners of a polygon that ParsePolygon takes.
const (
	minCorners = 3
	maxCorners = 1000
)

// ParsePolygon reads the corners of a polygon, lon,lat,lon,lat,… in degrees, in
// either direction, closed or not.
func ParsePolygon(text string) (Region, error) {
	fields := strings.Split(text, ",")
	if len(fields)%2 != 0 || len(fields) < 2*minCorners || len(fields) > 2*maxCorners {
		return Region{}, fmt.Errorf("a polygon is lon,lat,lon,lat,… with %d to %d corners", minCorners, maxCorners)
	}
	flat := make([]float64, len(fields), len(fields)+2)
	for i, f := range fields {
		v, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
		if err != nil {
			return Region{}, fmt.Errorf("a polygon is lon,lat,lon,lat,…, and %.20q is no number", f)
		}
		flat[i] = v
	}
	for i := 0; i < len(flat); i += 2 {
		if err := (Point{Lat: flat[i+1], Lon: flat[i]}).Check(); err != nil {
			return Region{}, err
		}
	}
	if n := len(flat); flat[0] != flat[n-2] || flat[1] != flat[n-1] {
		flat = append(flat, flat[0], flat[1])
	}
	region := NewRegion(geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{len(flat)}}))
	if p := region.polygons; len(p) == 0 || p[0].min[0] == p[0].max[0] || p[0].min[1] == p[0].max[1] {
		return Region{}, errors.New("the polygon has no extent")
	}
	return region, nil
}

// Cell is an S2 cell of any level.
type Cell struct{ id s2.CellID }

// ParseCell reads the token of a cell.
func ParseCell(token string) (Cell, error) {
	id := s2.CellIDFromToken(token)
	if !id.IsValid() || id.ToToken() != token {
		return Cell{}, fmt.Errorf("%.20q is not the token of an S2 cell, as s2_cell_id is", token)
	}
	return Cell{id}, nil
}

// Contains reports whether the cell holds p.
func (c Cell) Contains(p Point) bool {
	return c.id.Contains(s2.CellIDFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lon)))
}
