package quantity

// EAQIVersion names the edition of the European Air Quality Index that Band
// computes. An older edition of five bands, with other limits, is still quoted.
const EAQIVersion = "2025"

// Bands of the European Air Quality Index.
const (
	Good = 1 + iota
	Fair
	Moderate
	Poor
	VeryPoor
	ExtremelyPoor
)

// Band returns the band, Good to ExtremelyPoor, of an hourly mean in µg/m³ of
// the pollutant that an air field is about, and false for a field that the
// index does not cover or a value that is no concentration. A bound belongs to
// the band below it.
//
// Source: ETC HE Report 2024/17, table 5.2.
func Band(field string, hourlyMean float64) (int, bool) {
	bounds, ok := eaqiBounds(field)
	if !ok || !(hourlyMean >= 0) { // NaN fails too
		return 0, false
	}
	for i, upper := range bounds {
		if hourlyMean <= upper {
			return Good + i, true
		}
	}
	return ExtremelyPoor, true
}

func eaqiBounds(field string) ([5]float64, bool) {
	switch field {
	case "pm25_ugm3":
		return [5]float64{5, 15, 50, 90, 140}, true
	case "pm10_ugm3":
		return [5]float64{15, 45, 120, 195, 270}, true
	case "no2_ugm3":
		return [5]float64{10, 25, 60, 100, 150}, true
	case "o3_ugm3":
		return [5]float64{60, 100, 120, 160, 180}, true
	case "so2_ugm3":
		return [5]float64{20, 40, 125, 190, 275}, true
	}
	return [5]float64{}, false
}

// Worst returns the index of a station: the worst of its pollutants' bands, 0
// when there is none.
func Worst(bands ...int) int {
	worst := 0
	for _, b := range bands {
		worst = max(worst, b)
	}
	return worst
}
