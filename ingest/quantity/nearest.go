package quantity

import (
	"slices"
	"strings"
	"unicode"
)

// minNear is how many letters and digits a symbol needs to be near another one.
const minNear = 3

// Nearest returns the name of the unit that a symbol which Parse does not know
// is likely meant for: one of the same letters and digits ("mgL" for mg/L), else
// one that a single slip makes of it (a letter more, less or another one, or two
// that changed places). It returns false where no unit is near, or several are.
func Nearest(symbol string) (name string, ok bool) {
	if len(symbol) > maxSymbol {
		return "", false
	}
	product, _ := spelled(symbol)
	letters := lettersOf(product)
	if len(letters) < minNear {
		return "", false
	}
	for _, near := range [...]func(a, b []rune) bool{slices.Equal[[]rune], oneSlip} {
		if u, name := only(letters, near); u != 0 {
			return name, true
		}
	}
	return "", false
}

// only returns the unit that has a name near letters, and the first such name,
// if there is but one.
func only(letters []rune, near func(a, b []rune) bool) (found Unit, name string) {
	for i := range written {
		c := &written[i]
		if !near(letters, c.letters) {
			continue
		}
		if found != 0 && found != c.unit {
			return 0, ""
		}
		if found == 0 {
			found, name = c.unit, c.name
		}
	}
	return found, name
}

// written holds the names that people write, and their letters: devices that
// name a wrong unit do so in every message.
var written = func() (out []candidate) {
	for u := One; int(u) < len(table); u++ {
		for name := range strings.FieldsSeq(table[u].symbol + " " + table[u].names) {
			if !isCode(name) {
				out = append(out, candidate{u, name, lettersOf(name)})
			}
		}
	}
	return out
}()

type candidate struct {
	unit    Unit
	name    string
	letters []rune
}

// isCode tells a code of UN/CEFACT from what a person would write.
func isCode(name string) bool {
	return name == strings.ToUpper(name) && strings.ContainsFunc(name, unicode.IsLetter)
}

// lettersOf returns the letters and digits of a symbol, in lower case.
func lettersOf(symbol string) (out []rune) {
	for _, r := range strings.ToLower(symbol) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, r)
		}
	}
	return out
}

// oneSlip tells whether a and b are one insertion, deletion or substitution
// apart, or one exchange of neighbours: at distance 1 by Damerau (CACM 7, 1964).
func oneSlip(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < minNear-1 || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return slices.Equal(a[i:], b[i+1:])
	}
	if i == len(a) {
		return false // equal
	}
	exchanged := i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
	return exchanged || slices.Equal(a[i+1:], b[i+1:])
}
