package geo

import (
	"fmt"
	"strconv"
	"strings"
)

// ParsePoint reads "LAT,LON" in decimal degrees, such as "41.8902,12.4922".
// Spaces around the numbers are allowed. The error says what is wrong; it wraps
// ErrOutOfRange when both are numbers that no place has.
func ParsePoint(text string) (Point, error) {
	latText, lonText, ok := strings.Cut(text, ",")
	if !ok || strings.Contains(lonText, ",") {
		return Point{}, fmt.Errorf("position %q: want LAT,LON in degrees with decimal points, such as 41.8902,12.4922", text)
	}
	lat, err := parseDegrees("latitude", latText)
	if err != nil {
		return Point{}, err
	}
	lon, err := parseDegrees("longitude", lonText)
	if err != nil {
		return Point{}, err
	}
	p := Point{Lat: lat, Lon: lon}
	if err := p.Check(); err != nil {
		return Point{}, fmt.Errorf("position %q: %w%s", text, err, swapHint(p))
	}
	return p, nil
}

// parseDegrees reads one coordinate; what names it in the error.
func parseDegrees(what, text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, fmt.Errorf("%s %q is not a number of degrees", what, text)
	}
	return v, nil
}

// swapHint returns what to add to an error about p when p with latitude and
// longitude exchanged would be a position on Earth.
func swapHint(p Point) string {
	swapped := p.swapped()
	if swapped.Check() != nil {
		return ""
	}
	return fmt.Sprintf("; if latitude and longitude are swapped, write %s", swapped)
}

// swapped returns p with latitude and longitude exchanged.
func (p Point) swapped() Point { return Point{Lat: p.Lon, Lon: p.Lat} }

// String returns p as ParsePoint reads it.
func (p Point) String() string {
	return strconv.FormatFloat(p.Lat, 'f', -1, 64) + "," + strconv.FormatFloat(p.Lon, 'f', -1, 64)
}
