package quantity

import "strings"

// maxSymbol is longer than any unit's name, bytes.
const maxSymbol = 48

// spelled returns symbol as it is written with ASCII alone, but for the sign of
// degree: exponents as digits, products as a dot, whatever stands for them.
// Blanks are products, or nothing in a name of several words.
func spelled(symbol string) (product, words string) {
	if len(symbol) > maxSymbol {
		return symbol, symbol
	}
	parts := strings.Fields(spelling.Replace(symbol))
	return strings.Join(parts, "."), strings.Join(parts, "")
}

var spelling = strings.NewReplacer(
	"µ", "u", "μ", "u", // micro sign, Greek mu
	"⁰", "0", "¹", "1", "²", "2", "³", "3", "⁻", "-", "−", "-",
	"^", "", "**", "",
	"⋅", ".", "·", ".", "∙", ".", "*", ".",
	"℃", "°C", "℉", "°F", "º", "°", "˚", "°",
	"° ", "°", " / ", "/", "_", " ",
)
