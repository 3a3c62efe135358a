// Package wire holds what decoders share: JSON read within limits, numbers and
// times as payloads write them, the topics of native devices and where the
// schema puts a field.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/valyala/fastjson"

	"rione/ingest"
)

// Limits of what a decoder unfolds. A message beyond them is refused as too
// large before it is given memory.
const (
	MaxElements = 100_000 // members and elements in one message
	MaxDepth    = 64      // levels of nesting
	maxListed   = 100     // names that are listed of one message, as unknown or refused
)

const byteOrderMark = "\ufeff"

// Parser reads JSON. It is reused: in steady state it allocates nothing. The
// values that it returns, and the bytes of their strings, are valid until its
// next Parse: what outlives that must be copied.
type Parser struct {
	p fastjson.Parser
	n []byte
}

// Parse reads payload, or returns a *ingest.Refusal that quotes nothing of it. A
// byte order mark before it and the zero that ends a text in C are passed over.
func (p *Parser) Parse(payload []byte) (*fastjson.Value, error) {
	if n := len(payload); n > 0 && (payload[0] == byteOrderMark[0] || payload[n-1] == 0) {
		payload = bytes.TrimPrefix(bytes.TrimRight(payload, "\x00"), []byte(byteOrderMark))
	}
	if err := expandable(payload); err != nil {
		return nil, err
	}
	v, err := p.p.ParseBytes(payload)
	if err != nil {
		return nil, unparsable(payload)
	}
	return v, nil
}

// ParseObject is Parse for payloads that must be an object.
func (p *Parser) ParseObject(payload []byte) (*fastjson.Value, error) {
	v, err := p.Parse(payload)
	if err == nil && v.Type() != fastjson.TypeObject {
		return nil, ingest.Refuse(ingest.Unparsable, "a JSON object is expected, this is a JSON "+v.Type().String())
	}
	return v, err
}

// IsObject tells whether v is there and is an object.
func IsObject(v *fastjson.Value) bool { return v != nil && v.Type() == fastjson.TypeObject }

// expandable refuses what is no JSON at first sight or would unfold beyond the
// limits. It counts commas and brackets wherever they stand, so text is
// counted too: the limit leaves room for that.
func expandable(payload []byte) error {
	body := payload
	if len(body) > 0 && body[0] <= ' ' {
		body = bytes.TrimLeft(payload, " \t\r\n")
	}
	switch {
	case len(body) == 0:
		return ingest.Refuse(ingest.Empty, "the payload is empty")
	case len(body) > 1 && body[0] == 0x1f && body[1] == 0x8b:
		return ingest.Refuse(ingest.Unparsable, "the payload is compressed with gzip; publish it uncompressed")
	case len(body) < 2*MaxDepth: // too short to be deep
		return nil
	}
	brackets := bytes.Count(body, []byte("[")) + bytes.Count(body, []byte("{"))
	if len(body) > MaxElements && brackets+bytes.Count(body, []byte(",")) > MaxElements {
		return ingest.Refuse(ingest.TooLarge, fmt.Sprintf("more than %d elements", MaxElements))
	}
	if brackets > MaxDepth && depth(body) > MaxDepth {
		return tooDeep()
	}
	return nil
}

func tooDeep() error {
	return ingest.Refuse(ingest.TooLarge, fmt.Sprintf("nested deeper than %d levels", MaxDepth))
}

// depth returns the deepest nesting of brackets outside strings.
func depth(body []byte) int {
	level, deepest, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			level++
			deepest = max(deepest, level)
		case c == ']' || c == '}':
			level--
		}
	}
	return deepest
}

// unparsable says where JSON breaks. fastjson quotes the payload in its errors,
// which may hold what must not be logged; the standard library names the place.
func unparsable(payload []byte) error {
	if depth(payload) > MaxDepth { // the library has a limit of its own
		return tooDeep()
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(payload, new(json.RawMessage)); errors.As(err, &syntax) {
		return ingest.Refuse(ingest.Unparsable, fmt.Sprintf("not JSON at byte %d: %v", syntax.Offset, syntax))
	}
	return ingest.Refuse(ingest.Unparsable, "not JSON")
}
