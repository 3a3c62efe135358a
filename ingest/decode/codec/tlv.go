package codec

import (
	"fmt"
	"slices"
	"time"

	"rione/geo"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// item is one kind of value on the wire.
type item struct {
	size  int // bytes of data
	parts []part
	past  bool // the data begin with the Unix time, in s, that the parts are of
	fix   *fix // where the device is, or nil
	last  bool // what follows has no readings: answers to settings

	// sized returns the size where the data themselves tell it.
	sized func(rest []byte) int
}

// fix is where the coordinates stand within an item, in 10⁻⁶ degrees.
type fix struct{ lat, lon int }

// part is a figure within an item: bytes at..at+size, divided by per. An item
// without parts is known only to be passed over.
type part struct {
	at, size int
	signed   bool
	per      float64
	field    string // "" where the schema has none
	unit     quantity.Unit
	name     string    // for the list of what is unknown
	none     []float64 // raw values that stand for no measurement
}

func unsigned(size int, per float64, field string, unit quantity.Unit) item {
	return item{size: size, parts: []part{{0, size, false, per, field, unit, field, nil}}}
}

// signed16 is an item of two bytes that may be negative.
func signed16(per float64, field string, unit quantity.Unit) item {
	return item{size: 2, parts: []part{{0, 2, true, per, field, unit, field, nil}}}
}

// other is an item that no field is for.
func other(size int, name string) item {
	return item{size: size, parts: []part{{0, size, false, 1, "", 0, name, nil}}}
}

// skip is an item that says nothing of the world: versions, serial numbers.
func skip(size int) item { return item{size: size} }

// alarmed is an item with more bytes behind it, which say why it was sent.
func (it item) alarmed(more int) item {
	it.size += more
	return it
}

// without is the item whose figures have raw values that are no measurement.
func (it item) without(raw ...float64) item {
	it.parts = slices.Clone(it.parts)
	for i := range it.parts {
		it.parts[i].none = raw
	}
	return it
}

// history is an item of an earlier time, which a device sends when it was not
// heard: the time, then the figures of the named items in turn.
func history(items ...item) item {
	it := item{size: 4, past: true}
	for _, one := range items {
		for _, p := range one.parts {
			p.at += it.size
			it.parts = append(it.parts, p)
		}
		it.size += one.size
	}
	return it
}

// tlv reads items of a key and data, one after the other. keySize is one or two
// bytes; read is the order of bytes.
func tlv(data []byte, keySize int, read func([]byte, bool) float64, find func(key uint16) (item, bool), s *sink) error {
	for rest := data; len(rest) > 0; {
		if len(rest) < keySize {
			return refuse("the payload ends within a key")
		}
		key := uint16(be(rest[:keySize], false))
		it, ok := find(key)
		if !ok {
			return refuse(fmt.Sprintf("key %0*x is not known, so neither is where the next value begins", 2*keySize, key))
		}
		if it.last {
			s.number("", "settings", 0, 0)
			return nil
		}
		rest = rest[keySize:]
		if it.sized != nil {
			it.size = it.sized(rest)
		}
		if len(rest) < it.size {
			return refuse(fmt.Sprintf("the value of key %0*x is cut short", 2*keySize, key))
		}
		it.read(rest, read, s)
		rest = rest[it.size:]
	}
	return nil
}

// read gives the item's figures to s.
func (it item) read(data []byte, read func([]byte, bool) float64, s *sink) {
	if it.past {
		s.at(time.Unix(int64(read(data[:4], false)), 0).UTC())
		defer s.now()
	}
	if it.fix != nil {
		lat, lon := read(data[it.fix.lat:it.fix.lat+4], true)/1e6, read(data[it.fix.lon:it.fix.lon+4], true)/1e6
		if lat != 0 || lon != 0 { // which is how no fix is written
			s.r.Position = &geo.Point{Lat: lat, Lon: lon}
		}
	}
	for _, p := range it.parts {
		raw := data[p.at : p.at+p.size]
		if figure := read(raw, false); slices.Contains(p.none, figure) {
			wire.Absent(s.out, p.field, figure)
			continue
		}
		s.number(p.field, p.name, read(raw, p.signed)/p.per, p.unit)
	}
}
