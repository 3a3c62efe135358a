package access

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Role is what the bearer of a token may do.
type Role string

// The roles of tokens.
const (
	Reader        Role = "reader"        // reads devices, readings, the ledger
	Operator      Role = "operator"      // also works on the quarantine and on devices
	Installer     Role = "installer"     // reads, and registers and places single devices
	Administrator Role = "administrator" // everything
	Publisher     Role = "publisher"     // pushes messages at the HTTP door, nothing else
	Enroller      Role = "enroller"      // lets unknown devices of its comuni enrol at the MQTT door, nothing else
)

// Roles returns every role.
func Roles() []Role {
	return []Role{Reader, Operator, Installer, Administrator, Publisher, Enroller}
}

// Token is what is kept of a token: everything but its text.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"` // who it was given to; shown in logs, unique among those in force
	Role    Role      `json:"role"`
	Comuni  []string  `json:"comuni,omitempty"`  // ISTAT codes it is for; none: all
	Formats []string  `json:"formats,omitempty"` // of a publisher: formats it may push; none: all
	Author  string    `json:"author"`            // who made it
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	Revoked time.Time `json:"revoked,omitzero"` // zero: not
	Hash    Hash      `json:"-"`
}

// Hash is the SHA-256 of a token's text. A token is 130 random bits, so there is
// nothing to guess that a slow hash would have to protect, and a check costs
// every request a microsecond only.
type Hash [sha256.Size]byte

// tokenPrefix begins every token, so that scanners for leaked secrets know one.
const tokenPrefix = "rione_"

// newTokenText draws a token.
func newTokenText() string { return tokenPrefix + strings.ToLower(rand.Text()) }

func hashOf(text string) Hash { return sha256.Sum256([]byte(text)) }

// InForce reports whether the token is good at a time.
func (t *Token) InForce(at time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || at.Before(t.Expires))
}

// Covers reports whether the token is for a comune.
func (t *Token) Covers(comune string) bool {
	return len(t.Comuni) == 0 || slices.Contains(t.Comuni, comune)
}

// MayPush reports whether a publisher's or administrator's token may push
// messages of a format for a comune, "" for those whose comune only the
// registry knows. A token for some comuni must name the comune.
func (t *Token) MayPush(format, comune string) bool {
	return (t.Role == Publisher || t.Role == Administrator) && t.Covers(comune) &&
		(len(t.Formats) == 0 || slices.Contains(t.Formats, format))
}

// Limits of a token.
const (
	maxTokenName = 100
	maxScope     = 2000 // comuni or formats
)

// validate returns an error that names everything wrong with a token to be.
func (t *Token) validate(now time.Time) error {
	var errs []error
	bad := func(is bool, text string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(text, args...))
		}
	}
	bad(t.Name == "" || len(t.Name) > maxTokenName || strings.ContainsFunc(t.Name, func(r rune) bool { return !unicode.IsGraphic(r) }),
		"name must say whose the token is, in at most %d bytes", maxTokenName)
	bad(reserved(t.Name), "name %q is rione's own in the audit log; choose another", t.Name)
	bad(!slices.Contains(Roles(), t.Role), "role %q is not known; use one of %v", t.Role, Roles())
	bad(len(t.Comuni) > maxScope || len(t.Formats) > maxScope, "a token is for at most %d comuni and formats", maxScope)
	bad(t.Role == Enroller && len(t.Comuni) == 0, "an enroller's token must say for which comuni it is")
	bad(t.Role != Publisher && len(t.Formats) > 0, "formats are of publishers only")
	bad(!t.Expires.IsZero() && !t.Expires.After(now), "the token would be expired already")
	for _, c := range t.Comuni {
		bad(len(c) != 6 || strings.Trim(c, "0123456789") != "", "comune %q must be the ISTAT code, six digits", c)
	}
	return errors.Join(errs...)
}

// reserved reports whether the audit log uses the name for somebody else: the
// administrator's own token, changes without the API, or a claim code.
func reserved(name string) bool {
	name = strings.ToLower(name)
	return name == "admin" || name == "command line" || strings.HasPrefix(name, "claim ")
}
