package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// Tokens looks door tokens up by their text.
type Tokens interface {
	// Check returns who holds the token and what it may push, and false when it
	// is none that is in force. may says whether messages of a format may be
	// pushed for a comune, "" for those whose comune only the registry knows.
	Check(text string) (name string, may func(format, comune string) bool, ok bool)
}

// grant is what a request may push.
type grant struct {
	name  string
	may   func(format, comune string) bool
	admin bool // it is the administrator's own, whatever others are called
}

const adminName = "admin"

// grantOf returns what the token that the request carries permits, false when
// it is none of ours. The administrator's may push everything.
func (d *Door) grantOf(r *http.Request) (grant, bool) {
	scheme, text, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return grant{}, false
	}
	if sum := sha256.Sum256([]byte(text)); subtle.ConstantTimeCompare(sum[:], d.admin[:]) == 1 {
		return grant{adminName, func(string, string) bool { return true }, true}, true
	}
	if d.opt.Tokens == nil {
		return grant{}, false
	}
	name, may, ok := d.opt.Tokens.Check(text)
	return grant{name: name, may: may}, ok
}
