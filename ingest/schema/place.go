package schema

import "slices"

// Windows of places are what the windows of series come to over all devices of a
// place: a comune's zone, or what of the comune is in no zone or moves. A comune's
// month is some rows an hour in them, whatever the number of devices.
const (
	// PlaceTag tells windows of places apart: the comune, and its zone after a
	// slash where there is one. Deletion goes by it: InfluxDB 2 deletes by a tag's
	// value and cannot where there is none.
	PlaceTag = "place"
	// PlaceDevices is the field that counts the devices behind a window.
	PlaceDevices = "devices"
)

// PlaceLevels returns the levels that windows of places are made of, each from
// the windows of series of the same level.
func PlaceLevels() []Level { return []Level{Hour, Day, Month} }

// PlaceMeasurement returns under which name windows of places of a measurement
// stand: air_place_1h, air_place_1d, air_place_1mo.
func (l Level) PlaceMeasurement(name string) string { return l.Measurement(name + "_place") }

// PlaceName returns the value of PlaceTag.
func PlaceName(comune, zone string) string {
	if zone == "" {
		return comune
	}
	return comune + "/" + zone
}

// PlaceStats lists the statistics of the fold in windows of places: those of
// windows of series, and what makes the figure of several places one division:
// sum is what the mean is made of (of levels in dB their energy, of states the
// seconds in which they were 1), each value times its weight; the weight is w
// where there is one, n elsewhere.
func (f Fold) PlaceStats() []string {
	switch f {
	case FoldMean, FoldEnergetic:
		return append(slices.Clip(f.Stats()), StatSum)
	case FoldShare:
		return append(slices.Clip(f.Stats()), StatWeight, StatSum)
	}
	return f.Stats()
}

// Kinds lists the measurement's tags whose values mean the same everywhere.
func (m *Measurement) Kinds() (out []Tag) {
	for _, t := range m.Tags {
		if t.Kind {
			out = append(out, t)
		}
	}
	return out
}

// RollupPlaces returns how windows of places of m look at a level, nil where none
// are made. They have the tags comune, zone and PlaceTag and those of the
// measurement's that are kinds.
func RollupPlaces(m *Measurement, l Level) *Measurement {
	if !slices.Contains(PlaceLevels(), l) {
		return nil
	}
	return rolled[l.PlaceMeasurement(m.Name)]
}

func placesOf(m *Measurement, l Level) *Measurement {
	r := &Measurement{Name: l.PlaceMeasurement(m.Name), Doc: m.Doc + ", over all devices of a place, windows of " + l.String(), Tags: m.Kinds()}
	r.Tags = append(r.Tags, Tag{Name: PlaceTag, Doc: "comune, and zone after a slash"})
	r.Fields = append(statFields(m, l, Fold.PlaceStats), Field{Name: PlaceDevices, Type: Int, Doc: "devices that the window is made of"})
	r.index()
	return r
}
