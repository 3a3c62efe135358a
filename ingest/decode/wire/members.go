package wire

import (
	"math"
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/quantity"
)

// Take adds the number at a path of v to r, given as unit. What is absent,
// null or no number is left out: formats that are read by an allow-list of
// paths have no unknown fields. It tells whether it added anything.
func (p *Parser) Take(r *ingest.Reading, field string, unit quantity.Unit, v *fastjson.Value, path ...string) bool {
	n, ok := p.Loose(v.Get(path...))
	if ok {
		r.Number(field, n, unit)
	}
	return ok
}

// Signed undoes the wrap of a negative number that firmware printed as
// unsigned 32-bit: 4294967193 is −103.
func Signed(n float64) float64 {
	if n > math.MaxInt32 && n <= math.MaxUint32 {
		return n - (1 << 32)
	}
	return n
}

// Truth returns 1 or 0 for true, false and numbers.
func (p *Parser) Truth(v *fastjson.Value) (float64, bool) {
	if v == nil {
		return 0, false
	}
	switch v.Type() {
	case fastjson.TypeTrue:
		return 1, true
	case fastjson.TypeFalse:
		return 0, true
	}
	n, ok := p.Loose(v)
	if ok && n != 0 {
		n = 1
	}
	return n, ok
}

// Band returns the tag of a Wi-Fi band ("2g", "5g", "6g") that a name such as
// "5G" or a channel's centre frequency in MHz says, "" for neither.
func Band(name string, mhz float64) string {
	switch low := strings.ToLower(name); {
	case strings.HasPrefix(low, "2"):
		return "2g"
	case strings.HasPrefix(low, "5"):
		return "5g"
	case strings.HasPrefix(low, "6"):
		return "6g"
	}
	switch {
	case mhz >= 2400 && mhz < 2500:
		return "2g"
	case mhz >= 4900 && mhz < 5925:
		return "5g"
	case mhz >= 5925 && mhz < 7200:
		return "6g"
	}
	return ""
}

// BandOfChannel returns the band of a channel number where neither name nor
// frequency is given: equipment of that age has no 6 GHz.
func BandOfChannel(channel float64) string {
	switch {
	case channel >= 1 && channel <= 14:
		return "2g"
	case channel >= 32 && channel <= 177:
		return "5g"
	}
	return ""
}

// Percent returns used of total in per cent, and false for no total.
func Percent(used, total float64) (float64, bool) {
	if !(total > 0) || used < 0 || used > total {
		return 0, false
	}
	return 100 * used / total, true
}
