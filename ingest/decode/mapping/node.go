package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// node is a value of a mapping file with the place where it stands, so that an
// error can name it.
type node struct {
	line    int
	path    string
	value   any      // string, json.Number, bool or nil; or one of the following
	members []member // of an object, in their order
	items   []*node  // of an array
	kind    byte     // '{', '[' or 0
}

type member struct {
	key string
	*node
}

// fail returns an error that names the node's place.
func (n *node) fail(format string, args ...any) error {
	where := fmt.Sprintf("line %d: ", n.line)
	if n.path != "" {
		where += n.path + ": "
	}
	return errors.New(where + fmt.Sprintf(format, args...))
}

// maxLevels is deeper than any mapping.
const maxLevels = 8

// reader reads a mapping file.
type reader struct {
	text []byte
	json *json.Decoder
}

func read(text []byte) (*node, error) {
	r := &reader{text, json.NewDecoder(bytes.NewReader(text))}
	r.json.UseNumber()
	n, err := r.value("", 0)
	if err != nil {
		return nil, err
	}
	if _, err := r.json.Token(); err != io.EOF {
		return nil, fmt.Errorf("line %d: something follows the mapping", r.line())
	}
	return n, nil
}

// line is the line that the reader has come to.
func (r *reader) line() int { return 1 + bytes.Count(r.text[:r.json.InputOffset()], []byte("\n")) }

func (r *reader) token() (json.Token, error) {
	t, err := r.json.Token()
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("line %d: not JSON: %w", 1+bytes.Count(r.text[:min(int(syntax.Offset), len(r.text))], []byte("\n")), err)
	case err != nil:
		return nil, fmt.Errorf("line %d: the file ends too early", r.line())
	}
	return t, nil
}

func (r *reader) value(path string, level int) (*node, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &node{line: r.line(), path: path, value: t}
	if level > maxLevels {
		return nil, n.fail("a mapping has no more than %d levels", maxLevels)
	}
	switch t {
	case json.Delim('{'):
		n.kind = '{'
		err = r.object(n, level)
	case json.Delim('['):
		n.kind = '['
		for r.json.More() && err == nil {
			var item *node
			item, err = r.value(fmt.Sprintf("%s[%d]", path, len(n.items)), level+1)
			n.items = append(n.items, item)
		}
	default:
		return n, nil
	}
	if err == nil {
		_, err = r.token() // the closing bracket
	}
	return n, err
}

func (r *reader) object(n *node, level int) error {
	seen := map[string]bool{}
	for r.json.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		child, err := r.value(strings.TrimPrefix(n.path+"."+key, "."), level+1)
		if err != nil {
			return err
		}
		if seen[key] {
			return child.fail("it stands twice")
		}
		seen[key] = true
		n.members = append(n.members, member{key, child})
	}
	return nil
}

// text returns the string that n is.
func (n *node) text() (string, error) {
	if s, ok := n.value.(string); ok {
		return s, nil
	}
	return "", n.fail("a text is expected")
}

// number returns the number that n is.
func (n *node) number() (float64, error) {
	if s, ok := n.value.(json.Number); ok {
		if f, err := s.Float64(); err == nil {
			return f, nil
		}
	}
	return 0, n.fail("a number is expected")
}

// object calls each of the readers for the member of its name. Members that
// have no reader are errors.
func (n *node) object(readers map[string]func(*node) error) error {
	if n.kind != '{' {
		return n.fail("an object is expected")
	}
	for _, m := range n.members {
		f, ok := readers[m.key]
		if !ok {
			return m.fail("there is no such member; known are %s", names(readers))
		}
		if err := f(m.node); err != nil {
			return err
		}
	}
	return nil
}
