package signal

import (
	"math"
	"time"

	"rione/geo"
)

// World is what the devices of a city have in common. It is a function of its
// seed, place and time alone, so that neighbours feel the same weather.
type World struct{ seed uint64 }

// NewWorld returns the world of a seed.
func NewWorld(seed uint64) *World { return &World{seed: mix(seed)} }

// The fields of the world; each has noise of its own.
const (
	fieldFront = iota + 1
	fieldCloud
	fieldPressure
	fieldWind
	fieldDirection
	fieldCrowd
)

// field returns a number in [0, 1) that changes over about the given degrees
// and time.
func (w *World) field(which uint64, p geo.Point, t time.Time, degrees float64, over time.Duration) float64 {
	return smooth(w.seed^which, p.Lat/degrees, p.Lon/degrees, float64(t.UnixMilli())/float64(over.Milliseconds()))
}

// Weather is the state of the air at a place and time.
type Weather struct {
	Temp     float64 // °C
	Humidity float64 // %
	Pressure float64 // hPa
	Wind     float64 // m/s
	Gust     float64 // m/s
	From     float64 // degrees clockwise from north
	Rain     float64 // mm/h
	Solar    float64 // W/m²
}

// Weather returns the weather at p and t: an Italian year and day, with fronts,
// clouds, rain and wind of the region.
func (w *World) Weather(p geo.Point, t time.Time) Weather {
	hour := float64(t.Unix()%86400)/3600 + p.Lon/15 // mean solar time
	season := math.Cos(2 * math.Pi * (float64(t.YearDay()) - 201) / 365.25)
	cloud := w.field(fieldCloud, p, t, 0.4, 7*time.Hour)
	front := w.field(fieldFront, p, t, 2, 60*time.Hour)
	wind := w.field(fieldWind, p, t, 0.5, 5*time.Hour)
	out := Weather{
		Pressure: 1013 + 24*(w.field(fieldPressure, p, t, 3, 70*time.Hour)-0.5),
		Wind:     0.5 + 9*wind*wind,
		From:     360 * w.field(fieldDirection, p, t, 2, 30*time.Hour),
		Rain:     clamp((cloud-0.78)*40, 0, 12),
		Solar:    1050 * math.Max(0, sunHeight(p.Lat, t, hour)) * (1 - 0.75*cloud),
	}
	out.Gust = out.Wind*1.5 + 0.5
	day := 5.5 * (1 - 0.5*cloud) * math.Cos(2*math.Pi*(hour-14.5)/24)
	out.Temp = 15 + 9.5*season - 0.7*(p.Lat-42) + 8*(front-0.5) + day - out.Rain*0.3
	out.Humidity = clamp(66-2.4*day+20*(cloud-0.5)+2*out.Rain, 18, 100)
	return out
}

// sunHeight returns the sine of the sun's elevation: Cooper's declination
// (Solar Energy 12, 1969) and the hour angle of mean solar time.
func sunHeight(lat float64, t time.Time, solarHour float64) float64 {
	const rad = math.Pi / 180
	decl := 23.45 * rad * math.Sin(2*math.Pi*float64(284+t.YearDay())/365)
	angle := 15 * rad * (solarHour - 12)
	return math.Sin(lat*rad)*math.Sin(decl) + math.Cos(lat*rad)*math.Cos(decl)*math.Cos(angle)
}

// Hourly shares of the day's greatest activity, from midnight.
var (
	strollWeek = [24]float64{.10, .06, .04, .03, .03, .06, .15, .35, .55, .55, .58, .65, .78, .80, .70, .62, .65, .78, .92, 1, .90, .66, .40, .20}
	strollFree = [24]float64{.24, .16, .09, .05, .04, .05, .08, .15, .28, .45, .62, .78, .80, .70, .62, .66, .78, .90, 1, 1, .94, .80, .60, .40}
	driveWeek  = [24]float64{.08, .05, .04, .04, .07, .18, .45, .88, 1, .76, .64, .64, .68, .72, .66, .68, .80, .95, 1, .82, .56, .38, .26, .15}
	driveFree  = [24]float64{.18, .12, .08, .06, .06, .09, .16, .26, .40, .56, .68, .72, .64, .50, .48, .56, .68, .78, .80, .70, .56, .44, .34, .26}
)

// curve reads a daily curve between its hours.
func curve(week, free *[24]float64, t time.Time) float64 {
	local := Local(t)
	hours := week
	if weekend(local) {
		hours = free
	}
	h := hourOfDay(local)
	i := int(h) % 24
	return lerp(h-math.Floor(h), hours[i], hours[(i+1)%24])
}

// Crowd returns how lively a place is, 0 to about 1.2: fewer people in the rain,
// and a tide of their own for each quarter.
func (w *World) Crowd(p geo.Point, t time.Time) float64 {
	rain := w.Weather(p, t).Rain
	tide := 0.8 + 0.4*w.field(fieldCrowd, p, t, 0.01, 90*time.Minute)
	return curve(&strollWeek, &strollFree, t) * tide * (1 - clamp(rain/20, 0, 0.5))
}

// Drive returns how much traffic there is, 0 to about 1.2.
func (w *World) Drive(p geo.Point, t time.Time) float64 {
	tide := 0.8 + 0.4*w.field(fieldCrowd, p, t, 0.01, 40*time.Minute)
	return curve(&driveWeek, &driveFree, t) * tide
}
