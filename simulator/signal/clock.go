package signal

import "time"

// Local returns t in Italy's civil time. The rule of Directive 2000/84/EC
// stands in for a time zone database, which a machine may not have: summer time
// from 01:00 UTC of March's last Sunday to 01:00 UTC of October's.
func Local(t time.Time) time.Time {
	t = t.UTC()
	year := t.Year()
	if !t.Before(lastSunday(year, time.March)) && t.Before(lastSunday(year, time.October)) {
		return t.In(cest)
	}
	return t.In(cet)
}

var (
	cet  = time.FixedZone("CET", 3600)
	cest = time.FixedZone("CEST", 2*3600)
)

// lastSunday returns 01:00 UTC of the last Sunday of a month of 31 days.
func lastSunday(year int, month time.Month) time.Time {
	end := time.Date(year, month, 31, 1, 0, 0, 0, time.UTC)
	return end.AddDate(0, 0, -int(end.Weekday()))
}

// hourOfDay returns the local time of day in hours, 0 to 24.
func hourOfDay(local time.Time) float64 {
	h, m, s := local.Clock()
	return float64(h) + float64(m)/60 + float64(s)/3600
}

// weekend tells whether local is a Saturday or a Sunday.
func weekend(local time.Time) bool {
	return local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
}

// LastClockChange returns the last moment before t at which Italy's clocks were
// changed.
func LastClockChange(t time.Time) time.Time {
	for year := t.UTC().Year(); ; year-- {
		for _, month := range [...]time.Month{time.October, time.March} {
			if at := lastSunday(year, month); at.Before(t) {
				return at
			}
		}
	}
}
