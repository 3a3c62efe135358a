package scrub

import (
	"strconv"

	"github.com/valyala/fastjson"

	"rione/ingest/decode/wire"
)

// rule says what is kept of a value. It appends null for a value that is of
// another type than the rule's.
type rule interface {
	append(dst []byte, v *fastjson.Value) ([]byte, error)
}

type (
	// object keeps the members that it lists.
	object map[string]rule
	// list keeps the elements of an array by one rule.
	list struct{ of rule }
	// nobodies keeps the members of an object and numbers them, since their
	// keys are people's.
	nobodies struct{ of rule }
	// named keeps the members of an object whose keys are names of equipment.
	named struct{ of rule }
	// either keeps an array by one rule, and anything else by another.
	either struct{ array, other rule }
	// scalar keeps a number, a text, true or false.
	scalar struct{}
)

const null = "null"

func (o object) append(dst []byte, v *fastjson.Value) ([]byte, error) {
	return members(dst, v, func(dst, key []byte, v *fastjson.Value) ([]byte, error) {
		r, ok := o[wire.Text(key)]
		if !ok {
			return dst, nil
		}
		return r.append(member(dst, wire.Text(key)), v)
	})
}

func (n nobodies) append(dst []byte, v *fastjson.Value) ([]byte, error) {
	i := -1
	return members(dst, v, func(dst, _ []byte, v *fastjson.Value) ([]byte, error) {
		i++
		return n.of.append(member(dst, strconv.Itoa(i)), v)
	})
}

func (n named) append(dst []byte, v *fastjson.Value) ([]byte, error) {
	return members(dst, v, func(dst, key []byte, v *fastjson.Value) ([]byte, error) {
		if !isName(key) {
			return dst, nil
		}
		return n.of.append(member(dst, wire.Text(key)), v)
	})
}

// members appends an object of what each appends for the members of v.
func members(dst []byte, v *fastjson.Value, each func(dst, key []byte, v *fastjson.Value) ([]byte, error)) ([]byte, error) {
	if v.Type() != fastjson.TypeObject {
		return append(dst, null...), nil
	}
	var err error
	dst = append(dst, '{')
	v.GetObject().Visit(func(key []byte, v *fastjson.Value) {
		if err == nil {
			dst, err = each(dst, key, v)
		}
	})
	return append(dst, '}'), err
}

// member begins a member. The key is one that needs no escape.
func member(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, key...)
	return append(dst, `":`...)
}

func (l list) append(dst []byte, v *fastjson.Value) ([]byte, error) {
	if v.Type() != fastjson.TypeArray {
		return append(dst, null...), nil
	}
	dst = append(dst, '[')
	for i, e := range v.GetArray() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = l.of.append(dst, e); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func (e either) append(dst []byte, v *fastjson.Value) ([]byte, error) {
	if v.Type() == fastjson.TypeArray {
		return e.array.append(dst, v)
	}
	return e.other.append(dst, v)
}

func (scalar) append(dst []byte, v *fastjson.Value) ([]byte, error) {
	switch v.Type() {
	case fastjson.TypeObject, fastjson.TypeArray:
		return append(dst, null...), nil
	case fastjson.TypeString:
		return quote(dst, v.GetStringBytes()), nil
	}
	return v.MarshalTo(dst), nil
}

// quote appends a text as JSON (RFC 8259, section 7). The library's own way
// writes escapes of Go, which JSON does not know.
func quote(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

const longestName = 64

// isName tells whether a key can be the name of an interface or a parameter:
// short, of plain characters, and no hardware address.
func isName(key []byte) bool {
	hex := 0
	for _, c := range key {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			hex++
		case c == '-' || c == '.':
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '/':
			hex = -longestName
		default:
			return false
		}
	}
	return len(key) > 0 && len(key) <= longestName && hex < 12
}
