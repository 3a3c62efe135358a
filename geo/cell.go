package geo

import "github.com/golang/geo/s2"

// CellCentre returns the point in the middle of the S2 cell of that token, false
// when it is no token of a cell.
func CellCentre(token string) (Point, bool) {
	cell := s2.CellIDFromToken(token)
	if !cell.IsValid() {
		return Point{}, false
	}
	at := cell.LatLng()
	return Point{Lat: at.Lat.Degrees(), Lon: at.Lng.Degrees()}, true
}
