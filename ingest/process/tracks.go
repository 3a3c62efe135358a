package process

import (
	"slices"

	"rione/ingest/influx"
)

// tracks hold what the way of a device's readings keeps from one to the next, by
// the device's number in the registry. With 100,000 devices none of it is in a
// cache when it is asked for, so it stands in one place, 64 bytes, that is found
// without a search.
type tracks []track

// track is what is kept of one device. Should the registry have been made anew
// and the number be another device's now, the site sees to that itself, and the
// series have the device in their keys.
type track struct {
	site   influx.Site
	series []followed // what the checks compare values with
}

// of returns the track of a number in a registry of that many devices. It is
// valid until the next call.
func (t *tracks) of(number, registry int) *track {
	if number >= len(*t) {
		*t = slices.Grow(*t, registry-len(*t))[:registry]
	}
	return &(*t)[number]
}

// find returns the series at a place, nil when there is another by now.
func (t tracks) find(p place) *followed {
	if p.number >= len(t) {
		return nil
	}
	list := t[p.number].series
	i := slices.IndexFunc(list, func(s followed) bool { return s.key == p.key })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// touch reads the track of a number.
func (t tracks) touch(number int) int {
	if number >= len(t) {
		return 0
	}
	return len(t[number].series)
}

// touchBehind reads what the track of a number refers to.
func (t tracks) touchBehind(number int) int {
	if number >= len(t) {
		return 0
	}
	of := &t[number]
	sum := of.site.Touch()
	for i := range of.series[:min(len(of.series), 4)] {
		sum += int(of.series[i].equal)
	}
	return sum
}
