package influx

import "strings"

// Ident quotes a name (database, measurement, tag or field) for InfluxQL.
func Ident(name string) string { return quote(name, '"') }

// String quotes a string literal for InfluxQL.
func String(s string) string { return quote(s, '\'') }

func quote(s string, mark byte) string {
	var b strings.Builder
	b.WriteByte(mark)
	for i := range len(s) {
		switch s[i] {
		case mark, '\\':
			b.WriteByte('\\')
			b.WriteByte(s[i])
		case '\n':
			b.WriteString(`\n`)
		default:
			b.WriteByte(s[i])
		}
	}
	b.WriteByte(mark)
	return b.String()
}
