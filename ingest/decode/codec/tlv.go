package codec

import (
	"fmt"

	"rione/ingest/quantity"
)

// item is one kind of value on the wire.
type item struct {
	size  int // bytes of data
	parts []part
}

// part is a figure within an item: bytes at..at+size, divided by per. An item
// without parts is known only to be passed over.
type part struct {
	at, size int
	signed   bool
	per      float64
	field    string // "" where the schema has none
	unit     quantity.Unit
	name     string // for the list of what is unknown
}

func unsigned(size int, per float64, field string, unit quantity.Unit) item {
	return item{size, []part{{0, size, false, per, field, unit, field}}}
}

func signed(size int, per float64, field string, unit quantity.Unit) item {
	return item{size, []part{{0, size, true, per, field, unit, field}}}
}

// other is an item that no field is for.
func other(size int, name string) item {
	return item{size, []part{{0, size, false, 1, "", 0, name}}}
}

// skip is an item that says nothing of the world: versions, serial numbers.
func skip(size int) item { return item{size: size} }

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
		rest = rest[keySize:]
		if len(rest) < it.size {
			return refuse(fmt.Sprintf("the value of key %0*x is cut short", 2*keySize, key))
		}
		for _, p := range it.parts {
			s.number(p.field, p.name, read(rest[p.at:p.at+p.size], p.signed)/p.per, p.unit)
		}
		rest = rest[it.size:]
	}
	return nil
}
