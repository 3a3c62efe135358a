package ogc

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rione/geo"
)

// Bounds of a page. A limit above the largest is taken for the largest, as the
// standard wants.
const (
	defaultLimit = 100
	mostItems    = 10_000
)

// filter is what the parameters of a request for items choose.
type filter struct {
	boxes       []geo.BBox // any of them; none: everywhere. Two where a box crosses the antimeridian
	from, until time.Time  // both included; zero: open
	timed       bool       // there is a datetime
	comune      string
	limit       int
	after       string // id that the page before ended with
}

func filterOf(q url.Values) (*filter, error) {
	if wrong := unknown(q, "limit", "bbox", "bbox-crs", "crs", "datetime", "comune", "cursor"); wrong != "" {
		return nil, errors.New(wrong)
	}
	f := &filter{limit: defaultLimit, comune: q.Get("comune"), after: q.Get("cursor")}
	for _, name := range []string{"bbox-crs", "crs"} {
		if q.Has(name) && q.Get(name) != CRS84 {
			return nil, errors.New(name + " is " + CRS84 + ": there is no other")
		}
	}
	if q.Has("limit") {
		n, err := strconv.Atoi(q.Get("limit"))
		if err != nil || n < 1 {
			return nil, errors.New("limit is a whole number from 1")
		}
		f.limit = min(n, mostItems)
	}
	if q.Has("bbox") {
		if err := f.setBox(q.Get("bbox")); err != nil {
			return nil, err
		}
	}
	if q.Has("datetime") {
		return f, f.setTime(q.Get("datetime"))
	}
	return f, nil
}

// setBox reads four numbers, or six with heights, which nothing here has.
func (f *filter) setBox(text string) error {
	parts := strings.Split(text, ",")
	var v []float64
	for _, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return errors.New("bbox: a coordinate is not a number")
		}
		v = append(v, n)
	}
	switch len(v) {
	case 4:
	case 6:
		if !(v[2] <= v[5]) {
			return errors.New("bbox: the lower height comes first")
		}
		v = []float64{v[0], v[1], v[3], v[4]}
	default:
		return errors.New("bbox: give four numbers, minLon,minLat,maxLon,maxLat, or six with heights")
	}
	lo, hi := geo.Point{Lon: v[0], Lat: v[1]}, geo.Point{Lon: v[2], Lat: v[3]}
	if lo.Check() != nil || hi.Check() != nil || lo.Lat > hi.Lat {
		return errors.New("bbox: the corners must be on Earth, the southern one first")
	}
	if lo.Lon <= hi.Lon {
		f.boxes = []geo.BBox{{MinLat: lo.Lat, MinLon: lo.Lon, MaxLat: hi.Lat, MaxLon: hi.Lon}}
		return nil
	}
	f.boxes = []geo.BBox{
		{MinLat: lo.Lat, MinLon: lo.Lon, MaxLat: hi.Lat, MaxLon: 180},
		{MinLat: lo.Lat, MinLon: -180, MaxLat: hi.Lat, MaxLon: hi.Lon},
	}
	return nil
}

// setTime reads an instant or an interval, "start/end", one side of which may be
// open: ".." or nothing.
func (f *filter) setTime(text string) error {
	f.timed = true
	start, end, interval := strings.Cut(text, "/")
	var err error
	if f.from, err = bound(start, interval); err != nil {
		return err
	}
	if !interval {
		f.until = f.from
		return nil
	}
	if f.until, err = bound(end, true); err != nil {
		return err
	}
	if !f.from.IsZero() && !f.until.IsZero() && f.until.Before(f.from) {
		return errors.New("datetime: the start must not be after the end")
	}
	return nil
}

func bound(text string, mayBeOpen bool) (time.Time, error) {
	if mayBeOpen && (text == "" || text == "..") {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
	if err != nil {
		return t, errors.New("datetime: give RFC 3339, as 2026-11-22T13:00:00Z, or an interval of two, as 2026-11-22T00:00:00Z/..")
	}
	return t, nil
}

// chooses tells whether a feature is wanted. One without a time is wanted at any.
func (f *filter) chooses(one *feature) bool {
	if f.comune != "" && f.comune != one.comune {
		return false
	}
	if f.timed && !one.time.IsZero() && (!f.from.IsZero() && one.time.Before(f.from) || !f.until.IsZero() && one.time.After(f.until)) {
		return false
	}
	for _, box := range f.boxes {
		if intersects(one, box) {
			return true
		}
	}
	return len(f.boxes) == 0
}
