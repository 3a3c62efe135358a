// Package signal makes what the devices of a city measure: plausible values
// that hang together, since all devices share one World (its weather, its
// people) and remember what they measured before. A device's values are a
// function of the city's seed, the device and its times alone.
package signal

import "math"

// Reading is one row that the store is to hold.
type Reading struct {
	Measurement string
	Tags        []Tag // extra tags; shared, not to be changed
	Values      []Value
}

// Tag is an extra tag of a reading.
type Tag struct{ Name, Value string }

// Value is one field of a reading, in the canonical unit that its name ends in.
type Value struct {
	Field string
	Num   float64 // integers are exact up to 2⁵³
	Int   bool    // stored as an integer
}

// Readings collects what a device measures at one time. It is reused.
type Readings struct{ list []Reading }

// All returns the readings; they are valid until Reset.
func (rs *Readings) All() []Reading { return rs.list }

// Reset forgets the readings and keeps the memory.
func (rs *Readings) Reset() { rs.list = rs.list[:0] }

// Add begins a reading. The pointer is valid until the following Add.
func (rs *Readings) Add(measurement string, tags ...Tag) *Reading {
	n := len(rs.list)
	if n < cap(rs.list) {
		rs.list = rs.list[:n+1]
	} else {
		rs.list = append(rs.list, Reading{})
	}
	r := &rs.list[n]
	*r = Reading{Measurement: measurement, Tags: tags, Values: r.Values[:0]}
	return r
}

// Filter keeps the values that keep accepts, and the readings that have some.
func (rs *Readings) Filter(keep func(measurement, field string) bool) {
	n := 0
	for i := range rs.list {
		r := &rs.list[i]
		kept := r.Values[:0]
		for _, v := range r.Values {
			if keep(r.Measurement, v.Field) {
				kept = append(kept, v)
			}
		}
		if r.Values = kept; len(kept) > 0 {
			rs.list[n], rs.list[i] = rs.list[i], rs.list[n]
			n++
		}
	}
	rs.list = rs.list[:n]
}

// Gauge adds v, rounded to the given number of decimals: what a sensor of that
// resolution shows, and the same number after any way through text.
func (r *Reading) Gauge(field string, v float64, decimals int) *Reading {
	p := math.Pow10(decimals)
	if v = math.Round(v*p) / p; v == 0 {
		v = 0 // no minus zero
	}
	r.Values = append(r.Values, Value{Field: field, Num: v})
	return r
}

// Count adds an integer.
func (r *Reading) Count(field string, n int64) *Reading {
	r.Values = append(r.Values, Value{Field: field, Num: float64(n), Int: true})
	return r
}

// State adds a state, 0 or 1.
func (r *Reading) State(field string, on bool) *Reading {
	var n int64
	if on {
		n = 1
	}
	return r.Count(field, n)
}
