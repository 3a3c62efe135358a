package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Token is what one network may push. Its secret is not known to us, only the
// hash, so that a token file gives nothing away.
type Token struct {
	Name    string   `json:"name"`              // who it is, unique; stands in the messages as their client
	Hash    string   `json:"hash"`              // SHA-256 of the secret, in hexadecimal
	Formats []string `json:"formats,omitempty"` // all when there are none
	Comune  string   `json:"comune,omitempty"`  // ISTAT code, "" for all; messages without one get it
}

// Validate returns what is wrong with the token, given the formats there are.
func (t *Token) Validate(formats []string) error {
	if t.Name == "" || t.Name == adminName {
		return fmt.Errorf("door token without a name of its own; %q is taken", adminName)
	}
	if sum, err := hex.DecodeString(t.Hash); err != nil || len(sum) != sha256.Size {
		return fmt.Errorf("door token %s: hash must be the SHA-256 of the secret, 64 hexadecimal digits", t.Name)
	}
	for _, f := range t.Formats {
		if !slices.Contains(formats, f) {
			return fmt.Errorf("door token %s: there is no format %q; `rione decode --list` names them", t.Name, f)
		}
	}
	if t.Comune != "" && !comunePattern.MatchString(t.Comune) {
		return fmt.Errorf("door token %s: comune %q is not an ISTAT code, six digits", t.Name, t.Comune)
	}
	return nil
}

func (t *Token) permits(format, comune string) bool {
	return (len(t.Formats) == 0 || slices.Contains(t.Formats, format)) && (t.Comune == "" || comune == "" || comune == t.Comune)
}

// says what the token permits, for who holds it.
func (t *Token) says() string {
	out := "every format"
	if len(t.Formats) > 0 {
		out = "the formats " + strings.Join(t.Formats, ", ")
	}
	if t.Comune != "" {
		out += ", for comune " + t.Comune + " only"
	}
	return out
}

const adminName = "admin"

// tokens are found by the hash of their secret, which takes no longer for a
// secret that is nearly right.
type tokens map[[sha256.Size]byte]*Token

func newTokens(admin string, list []Token) tokens {
	out := tokens{sha256.Sum256([]byte(admin)): {Name: adminName}}
	for i := range list {
		var sum [sha256.Size]byte
		_, _ = hex.Decode(sum[:], []byte(list[i].Hash)) // checked by Validate
		out[sum] = &list[i]
	}
	return out
}

// of returns the token that the request carries, nil when it is none of ours.
func (ts tokens) of(r *http.Request) *Token {
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return ts[sha256.Sum256([]byte(secret))]
}
