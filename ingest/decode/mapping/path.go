package mapping

import (
	"strings"

	"github.com/valyala/fastjson"
)

// path is a JSON Pointer (RFC 6901): "/sensors/0/value". "" is the whole. The
// zero path points nowhere.
type path struct {
	text  string
	parts []string
	set   bool
}

func (p *path) parse(n *node) error {
	text, err := n.text()
	if err != nil {
		return err
	}
	p.text, p.set = text, true
	if text == "" {
		return nil
	}
	if text[0] != '/' {
		return n.fail("%q is no JSON Pointer: it begins with /, as in /sensors/0/value", text)
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for _, part := range strings.Split(text[1:], "/") {
		p.parts = append(p.parts, unescape.Replace(part))
	}
	return nil
}

// of returns what p points at in v, nil when nothing is there; null is nothing.
func (p *path) of(v *fastjson.Value) *fastjson.Value {
	if !p.set {
		return nil
	}
	v = v.Get(p.parts...)
	if v == nil || v.Type() == fastjson.TypeNull {
		return nil
	}
	return v
}
