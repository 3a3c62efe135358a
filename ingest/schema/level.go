package schema

import (
	"time"
	_ "time/tzdata" // windows follow Italy's clock on machines without time zones too
)

// Level is how finely time is divided: the readings themselves, or windows of
// them (rollups).
type Level uint8

// The levels, from the finest. Windows follow Europe/Rome: a day has 23, 24 or
// 25 hours.
const (
	Raw Level = iota
	Quarter
	Hour
	Day
	Month
)

// Rollups returns the levels that are computed, each from the one before it.
func Rollups() []Level { return []Level{Quarter, Hour, Day, Month} }

var levelNames = [...]string{"raw", "15m", "1h", "1d", "1mo"}

// String names the level: raw, 15m, 1h, 1d, 1mo.
func (l Level) String() string { return levelNames[l] }

// ParseLevel returns the level of that name.
func ParseLevel(name string) (Level, bool) {
	for l, n := range levelNames {
		if n == name {
			return Level(l), true
		}
	}
	return Raw, false
}

// Bucket returns where the level's points stand, for the bucket of readings.
func (l Level) Bucket(readings string) string {
	switch l {
	case Quarter, Hour:
		return readings + "_1h"
	case Day, Month:
		return readings + "_1d"
	}
	return readings
}

// Measurement returns under which name a measurement stands at the level: air,
// air_15m, air_1h, air_1d, air_1mo. So no query can mix two lengths of windows.
func (l Level) Measurement(name string) string {
	if l == Raw {
		return name
	}
	return name + "_" + l.String()
}

// Start returns the start of the window that holds t, in UTC. Raw has no
// windows and returns t.
func (l Level) Start(t time.Time) time.Time {
	switch l {
	case Quarter:
		return t.UTC().Truncate(15 * time.Minute)
	case Hour: // Italy's offset is whole hours
		return t.UTC().Truncate(time.Hour)
	case Day:
		y, m, d := t.In(rome).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, rome).UTC()
	case Month:
		y, m, _ := t.In(rome).Date()
		return time.Date(y, m, 1, 0, 0, 0, 0, rome).UTC()
	}
	return t
}

// Next returns the end of the window that starts at start, which is the start
// of the following one.
func (l Level) Next(start time.Time) time.Time {
	switch l {
	case Quarter:
		return start.Add(15 * time.Minute)
	case Hour:
		return start.Add(time.Hour)
	case Day:
		y, m, d := start.In(rome).Date()
		return time.Date(y, m, d+1, 0, 0, 0, 0, rome).UTC()
	case Month:
		y, m, _ := start.In(rome).Date()
		return time.Date(y, m+1, 1, 0, 0, 0, 0, rome).UTC()
	}
	return start
}

// rome is the clock that days and months follow.
var rome = func() *time.Location {
	l, err := time.LoadLocation("Europe/Rome")
	if err != nil { // cannot be: the zones are built in
		panic("schema: " + err.Error())
	}
	return l
}()

// Retention is how long points are kept; 0 is for ever.
type Retention struct {
	Raw    time.Duration // readings
	Hourly time.Duration // windows of 15 minutes and of an hour
	Daily  time.Duration // windows of a day and of a month
}

// Shorter returns of each level the shorter time of two retentions.
func (k Retention) Shorter(o Retention) Retention {
	return Retention{shorter(k.Raw, o.Raw), shorter(k.Hourly, o.Hourly), shorter(k.Daily, o.Daily)}
}

// shorter returns the shorter of two times, of which 0 is for ever.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// longest is the longest range for which a level is taken by itself: a chart
// has about a thousand columns.
var longest = [...]time.Duration{
	Raw: 6 * time.Hour, Quarter: 8 * 24 * time.Hour, Hour: 45 * 24 * time.Hour, Day: 3 * 366 * 24 * time.Hour,
}

// Choose returns the level for a range of time: the finest that has about a
// thousand windows in it at the most and still keeps the range's start.
func Choose(start, end, now time.Time, keep Retention) Level {
	for l := Raw; l < Month; l++ {
		if end.Sub(start) <= longest[l] && keep.Holds(l, now.Sub(start)) {
			return l
		}
	}
	return Month
}

// Holds tells whether points of a level and of that age are kept.
func (k Retention) Holds(l Level, age time.Duration) bool {
	limit := [...]time.Duration{Raw: k.Raw, Quarter: k.Hourly, Hour: k.Hourly, Day: k.Daily, Month: k.Daily}[l]
	return limit == 0 || age <= limit
}
