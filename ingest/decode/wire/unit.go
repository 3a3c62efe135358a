package wire

import (
	"strconv"
	"strings"

	"rione/ingest"
	"rione/ingest/quantity"
)

// maxUnit is how much of an unknown unit a refusal repeats, bytes.
const maxUnit = 32

// UnknownUnit refuses a field whose unit is in no table, and says which one it
// is likely meant for.
func UnknownUnit(field, symbol string) *ingest.Refusal {
	symbol = strings.Clone(strings.ToValidUTF8(symbol[:min(len(symbol), maxUnit)], ""))
	return &ingest.Refusal{
		Reason: ingest.UnknownUnit, Field: strings.Clone(field), Unit: symbol,
		Detail: "unit " + strconv.Quote(symbol) + " is in no table" + MeantUnit(symbol),
	}
}

// RefuseUnit lists such a field while others were understood.
func RefuseUnit(out *ingest.Readings, field, symbol string) { refuse(out, UnknownUnit(field, symbol)) }

// MeantUnit asks whether a unit that is known was meant, after a semicolon; it
// is "" where none is near.
func MeantUnit(symbol string) string {
	near, ok := quantity.Nearest(symbol)
	if !ok {
		return ""
	}
	return "; did you mean " + near + "?"
}
