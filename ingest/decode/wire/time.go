package wire

import (
	"math"
	"strconv"
	"strings"
	"time"

	"rione/ingest"
)

// Epoch returns the time that a number of seconds, milliseconds, microseconds
// or nanoseconds since 1970 stands for, and its resolution. The magnitude tells
// the unit: below 10¹¹ seconds (year 5138), below 10¹⁴ milliseconds, below 10¹⁷
// microseconds. The digits are read exactly, fractions included.
func Epoch(text string) (time.Time, time.Duration, bool) {
	whole, frac, ok := decimal(text)
	if !ok {
		return time.Time{}, 0, false
	}
	unit := time.Nanosecond
	switch size := max(whole, -whole); {
	case size < 1e11:
		unit = time.Second
	case size < 1e14:
		unit = time.Millisecond
	case size < 1e17:
		unit = time.Microsecond
	}
	part, res := fraction(frac, unit)
	if whole < 0 || text[0] == '-' {
		part = -part
	}
	perSecond := int64(time.Second / unit)
	at := time.Unix(whole/perSecond, whole%perSecond*int64(unit)+int64(part)).UTC()
	return at, res, true
}

// Seconds returns the nanoseconds that a number of seconds stands for, and its
// resolution. It is false for more than 290 years.
func Seconds(text string) (time.Duration, time.Duration, bool) {
	whole, frac, ok := decimal(text)
	if !ok || max(whole, -whole) > math.MaxInt64/int64(time.Second)-1 {
		return 0, 0, false
	}
	part, res := fraction(frac, time.Second)
	if text[0] == '-' {
		part = -part
	}
	return time.Duration(whole)*time.Second + part, res, true
}

// decimal splits a decimal number into its whole part and the digits of its
// fraction.
func decimal(text string) (whole int64, frac string, ok bool) {
	if whole, ok := digits(text); ok {
		return whole, "", true
	}
	if strings.IndexByte(text, 'e') >= 0 || strings.IndexByte(text, 'E') >= 0 {
		f, ok := Float([]byte(text))
		if !ok || math.Abs(f) >= 1e19 {
			return 0, "", false
		}
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	head := text
	if dot := strings.IndexByte(text, '.'); dot >= 0 {
		head, frac = text[:dot], text[dot+1:]
	}
	for i := range len(frac) {
		if frac[i] < '0' || frac[i] > '9' {
			return 0, "", false
		}
	}
	whole, err := strconv.ParseInt(head, 10, 64)
	return whole, frac, err == nil && head[0] != '+'
}

// digits is the short way for a whole number of up to 18 digits.
func digits(text string) (n int64, ok bool) {
	for i := range len(text) {
		c := text[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, len(text) > 0 && len(text) <= 18
}

// fraction returns what digits behind the point are of unit, and the
// resolution that they give.
func fraction(digits string, unit time.Duration) (part, res time.Duration) {
	res = unit
	for i := 0; i < len(digits) && res > 1; i++ {
		res /= 10
		part += time.Duration(digits[i]-'0') * res
	}
	return part, res
}

// SetTime gives r the time that text says: Unix time of any unit, or RFC 3339.
// A date and time without an offset becomes r's LocalTime. It is false, and r
// untouched, for anything else.
func SetTime(r *ingest.Reading, text string) bool {
	if len(text) > 4 && text[4] == '-' {
		return setDate(r, text)
	}
	t, res, ok := Epoch(text)
	if ok {
		r.Time, r.Resolution = t, res
	}
	return ok
}

func setDate(r *ingest.Reading, text string) bool {
	if t, ok := Date(text); ok {
		r.Time, r.Resolution = t, dateResolution(text)
		return true
	}
	layout := "2006-01-02T15:04:05"
	if len(text) > 10 && text[10] == ' ' {
		layout = time.DateTime
	}
	t, err := time.Parse(layout, text)
	if err == nil {
		r.LocalTime, r.Resolution = t, dateResolution(text)
	}
	return err == nil
}

// Date returns the time of an RFC 3339 text with offset, in UTC. The offset may
// lack its colon, as ISO 8601 allows and OGC's and FIWARE's examples write it.
func Date(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil && len(text) > len("2006-01-02T15:04:05") {
		t, err = time.Parse("2006-01-02T15:04:05Z0700", text)
	}
	return t.UTC(), err == nil
}

func dateResolution(text string) time.Duration {
	const seconds = len("2006-01-02T15:04:05")
	if len(text) <= seconds || (text[seconds] != '.' && text[seconds] != ',') {
		return time.Second
	}
	n := 0
	for n < len(text)-seconds-1 && text[seconds+1+n] >= '0' && text[seconds+1+n] <= '9' {
		n++
	}
	_, res := fraction(text[seconds+1:seconds+1+n], time.Second)
	return res
}
