// Package appendjson writes JSON by hand where an answer has a hundred thousand
// members: each function appends to a slice and returns it.
package appendjson

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// String appends a text; plain ASCII, nearly everything here, by a copy.
func String(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // any string has a JSON form
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

// Member appends a member of an object whose value is a text.
func Member(b []byte, name, value string) []byte {
	return String(append(String(b, name), ':'), value)
}

// Number appends a number, null for what JSON has no number for.
func Number(b []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

// Time appends a time as RFC 3339 has it, in UTC.
func Time(b []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}
