// Package topic knows the names and filters of MQTT topics and finds what
// matches (MQTT 5, section 4.7).
package topic

import "strings"

// ValidName tells whether a message can be published on name: not empty and
// without wildcards. That it is UTF-8 without U+0000 the codec has checked.
func ValidName[T string | []byte](name T) bool {
	for i := range len(name) {
		if name[i] == '+' || name[i] == '#' {
			return false
		}
	}
	return len(name) > 0
}

// ValidFilter tells whether filter is well-formed: a wildcard fills its level
// and "#" stands last.
func ValidFilter(filter string) bool {
	rest, more := filter, filter != ""
	for more {
		var level string
		level, rest, more = strings.Cut(rest, "/")
		if strings.ContainsAny(level, "+#") && len(level) > 1 || level == "#" && more {
			return false
		}
	}
	return filter != ""
}

// Shared tells whether filter asks for a shared subscription.
func Shared(filter string) bool { return strings.HasPrefix(filter, "$share/") || filter == "$share" }

// Levels counts the levels of a topic or filter.
func Levels[T string | []byte](path T) int {
	n := 1
	for i := range len(path) {
		if path[i] == '/' {
			n++
		}
	}
	return n
}
