package senml

import (
	"time"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// The fields of a record that are present.
type present uint16

const (
	hasBaseName present = 1 << iota
	hasBaseTime
	hasBaseUnit
	hasBaseValue
	hasBaseSum
	hasVersion
	hasUnit
	hasTime
	hasValue
	hasText
	hasBool
	hasData
	hasSum
)

// record is one SenML record as it came, before its base fields are resolved.
// Strings may refer to the parser's memory.
type record struct {
	has                present
	baseName, name     string
	baseUnit, unit     string
	baseTime, time     instant
	baseValue, baseSum float64
	value, sum         float64
	text               string
	flag               bool
	version            float64
}

func (r *record) is(p present) bool { return r.has&p != 0 }

// instant is a number of seconds, kept in nanoseconds, and how finely it was
// written.
type instant struct{ at, resolution time.Duration }

func (a instant) plus(b instant) instant {
	if b.resolution < a.resolution {
		a.resolution = b.resolution
	}
	a.at += b.at
	return a
}

// relative is the bound below which a time is relative to now (RFC 8428,
// section 4.5.3).
const relative = time.Duration(1<<28) * time.Second

// resolved is a record whose base fields have been applied (section 4.6).
type resolved struct {
	name, base string // the whole name, and the base name within it
	unit       string
	time       instant
	timed      bool // it has a time of its own; otherwise it means now
	value, sum float64
	has        present
	text       string
	flag       bool
}

// base holds the base fields that apply to the records that follow, until they
// are replaced.
type base struct {
	name, unit string
	time       instant
	value, sum float64
	has        present
	version    float64
	joined     []byte // the name of the record at hand
}

const (
	supportedVersion = 10
	maxName          = 512 // bytes; a long base name and many records would fill the memory
)

func (b *base) reset() { *b = base{joined: b.joined[:0], time: instant{resolution: time.Second}} }

// resolve applies the base fields to r, after those that r itself replaces.
func (b *base) resolve(r *record) (resolved, error) {
	if err := b.take(r); err != nil {
		return resolved{}, err
	}
	out := resolved{name: r.name, unit: b.unit, has: r.has, value: r.value, sum: r.sum, text: r.text, flag: r.flag}
	if size := len(b.name) + len(r.name); size == 0 || size > maxName {
		return resolved{}, ingest.Refuse(ingest.Unparsable, "a record has no name, or one longer than 512 bytes")
	}
	if b.name != "" {
		out.base = b.name
		out.name = b.join(r.name)
	}
	if r.is(hasUnit) {
		out.unit = r.unit
	}
	out.timed = r.is(hasTime) || b.has&hasBaseTime != 0
	out.time = b.time
	if r.is(hasTime) {
		out.time = b.time.plus(r.time)
		if b.has&hasBaseTime == 0 {
			out.time = r.time
		}
	}
	if b.has&hasBaseValue != 0 && (r.is(hasValue) || !r.is(hasText|hasBool|hasData|hasSum)) {
		out.value += b.value
		out.has |= hasValue
	}
	if b.has&hasBaseSum != 0 {
		out.sum += b.sum
		out.has |= hasSum
	}
	return out, nil
}

// take replaces the base fields that r brings.
func (b *base) take(r *record) error {
	if r.is(hasBaseName) {
		b.name = r.baseName
	}
	if r.is(hasBaseTime) {
		b.time = r.baseTime
	}
	if r.is(hasBaseUnit) {
		b.unit = r.baseUnit
	}
	if r.is(hasBaseValue) {
		b.value = r.baseValue
	}
	if r.is(hasBaseSum) {
		b.sum = r.baseSum
	}
	if r.is(hasVersion) {
		if r.version > supportedVersion || b.has&hasVersion != 0 && b.version != r.version {
			return ingest.Refuse(ingest.Unparsable, "bver must be 10 or less, and the same in the whole pack")
		}
		b.version = r.version
	}
	b.has |= r.has & (hasBaseName | hasBaseTime | hasBaseUnit | hasBaseValue | hasBaseSum | hasVersion)
	return nil
}

// join returns base name and name, valid until the next record.
func (b *base) join(name string) string {
	if name == "" {
		return b.name
	}
	b.joined = append(append(b.joined[:0], b.name...), name...)
	return wire.Text(b.joined)
}
