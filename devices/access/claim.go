package access

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"rione/devices"
)

// Claim is what is kept of a claim code: everything but its text. Whoever has
// the code registers devices of one kind in one comune, some times, for some
// time: an installer in the street, who needs no account.
type Claim struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"` // who or what it is for; shown in the registry's history
	Comune  string       `json:"comune"`
	Kind    devices.Kind `json:"kind"`
	Model   string       `json:"model,omitempty"` // given to the devices
	Group   string       `json:"group,omitempty"` // given to the devices
	Approve bool         `json:"approve"`         // its devices are approved at once, else they wait
	Uses    int          `json:"uses"`            // how many devices it is for
	Used    int          `json:"used"`
	Author  string       `json:"author"`
	Created time.Time    `json:"created"`
	Expires time.Time    `json:"expires"`
	Revoked time.Time    `json:"revoked,omitzero"` // zero: not
	Hash    Hash         `json:"-"`
}

// Limits of a claim code.
const (
	maxClaimUses = 10_000
	maxClaimLife = 366 * 24 * time.Hour
)

// InForce reports whether a code is good for another device at a time.
func (c *Claim) InForce(at time.Time) bool {
	return c.Revoked.IsZero() && at.Before(c.Expires) && c.Used < c.Uses
}

// validate returns an error that names everything wrong with a claim to be.
func (c *Claim) validate(now time.Time) error {
	var errs []error
	bad := func(is bool, text string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(text, args...))
		}
	}
	unprintable := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
	}
	bad(c.Name == "" || len(c.Name) > maxTokenName || unprintable(c.Name), "name must say what the code is for, in at most %d bytes", maxTokenName)
	bad(len(c.Comune) != 6 || strings.Trim(c.Comune, "0123456789") != "", "comune %q must be the ISTAT code, six digits", c.Comune)
	bad(!slices.Contains(devices.Kinds(), c.Kind), "kind %q is not known; use one of %v", c.Kind, devices.Kinds())
	bad(len(c.Model) > maxTokenName || unprintable(c.Model) || len(c.Group) > maxTokenName || unprintable(c.Group),
		"model and group must be printable and of at most %d bytes", maxTokenName)
	bad(c.Uses < 1 || c.Uses > maxClaimUses, "a code is for 1 to %d devices", maxClaimUses)
	bad(!c.Expires.After(now) || c.Expires.After(now.Add(maxClaimLife)), "a code is good for a year at most, and must not be expired already")
	return errors.Join(errs...)
}

// scope says in words what the code is for.
func (c *Claim) scope() string {
	text := fmt.Sprintf("%s, %d of %s in comune %s until %s", c.ID, c.Uses, c.Kind, c.Comune, c.Expires.Format(time.RFC3339))
	if c.Approve {
		text += ", approved at once"
	}
	return text
}

// codeLetters are those of a code: none that a person takes for another one.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ_"

// codeLength is that of a code without its hyphens: 60 bits, which the throttle
// of wrong ones keeps from being guessed.
const codeLength = 12

// newCode draws a code, such as K7QX-2MPA-9ZTD.
func newCode() string {
	var drawn [codeLength]byte
	for i := 0; i < codeLength; {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails
		if l := codeLetters[b[0]%32]; l != '_' {
			drawn[i] = l
			i++
		}
	}
	return string(drawn[:4]) + "-" + string(drawn[4:8]) + "-" + string(drawn[8:])
}

// normalCode returns a code as it was typed, in the form that is hashed.
func normalCode(text string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text))
}
