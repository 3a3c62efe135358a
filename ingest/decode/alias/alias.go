// Package alias knows what networks, codecs and firmwares call the fields of
// the schema, and in which unit they mean them where they do not say. One table
// serves every format whose keys are not prescribed.
package alias

import (
	"strings"

	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// Target is what a key stands for: a field of the schema, and the unit of the
// source, where the zero Unit means the field's own.
type Target struct {
	Field *schema.Field
	Unit  quantity.Unit

	Absent float64 // what stands for a sensor that is not connected; 0: nothing does

	NeedsUnit bool // makers differ: only a payload that names its unit is understood
	OfDevice  bool // the field is of the measurement device
}

// Lookup returns what key stands for: a canonical field name stands for
// itself, anything else is looked up without regard to case and to "_", "-"
// and " ". It allocates nothing.
func Lookup(key string) (Target, bool) {
	if t, ok := table[key]; ok {
		return t, true
	}
	var buf [48]byte
	if len(key) > len(buf) {
		return Target{}, false
	}
	plain := squeeze(buf[:0], key)
	if len(plain) == len(key) && string(plain) == key {
		return Target{}, false
	}
	t, ok := table[string(plain)]
	return t, ok
}

// squeeze appends key in lower case and without what separates words.
func squeeze(dst []byte, key string) []byte {
	for i := range len(key) {
		switch c := key[i]; {
		case c == '_' || c == '-' || c == ' ':
		case c >= 'A' && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// Channel cuts the number of a channel off a key, as codecs that serve several
// sensors append it: temperature_3.
func Channel(key string) (string, bool) {
	i := strings.LastIndexByte(key, '_')
	if i <= 0 || i == len(key)-1 {
		return key, false
	}
	for _, c := range key[i+1:] {
		if c < '0' || c > '9' {
			return key, false
		}
	}
	return key[:i], true
}
