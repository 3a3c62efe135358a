package sensorthings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// expression is a node of a parsed $filter or $orderby.
type expression struct {
	op    string // operator or function; "literal" and "path" for the leaves
	args  []*expression
	value any      // of a literal
	path  []string // of a path: relations, then a property and members of it
}

// maxDepth bounds how deep an expression nests.
const maxDepth = 40

type parser struct {
	tokens []token
	next   int
	depth  int
}

// parse reads a whole expression.
func parse(text string) (*expression, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	e, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != endToken {
		return nil, fmt.Errorf("%q at %d is not expected", t.text, t.at)
	}
	return e, nil
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != endToken {
		p.next++
	}
	return t
}

func (p *parser) symbol(s string) bool {
	if t := p.peek(); t.kind == symbolToken && t.text == s {
		p.next++
		return true
	}
	return false
}

// levels are the binary operators, those that bind least first.
//
//nolint:gochecknoglobals // a table that nobody changes
var levels = [][]string{{"or"}, {"and"}, {"eq", "ne"}, {"gt", "ge", "lt", "le"}, {"add", "sub"}, {"mul", "div", "mod"}}

func (p *parser) binary(level int) (*expression, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		t := p.peek()
		if t.kind != nameToken || !contains(levels[level], t.text) {
			return left, nil
		}
		p.next++
		var right *expression
		if right, err = p.binary(level + 1); err == nil {
			left = &expression{op: t.text, args: []*expression{left, right}}
		}
	}
	return nil, err
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func (p *parser) unary() (*expression, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errors.New("the expression nests too deeply")
	}
	defer func() { p.depth-- }()
	op := ""
	switch t := p.peek(); {
	case t.kind == nameToken && t.text == "not":
		op = "not"
	case t.kind == symbolToken && t.text == "-":
		op = "minus"
	default:
		return p.primary()
	}
	p.next++
	arg, err := p.unary()
	if err != nil {
		return nil, err
	}
	return &expression{op: op, args: []*expression{arg}}, nil
}

func (p *parser) primary() (*expression, error) {
	t := p.take()
	switch {
	case t.kind == symbolToken && t.text == "(":
		e, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		if !p.symbol(")") {
			return nil, fmt.Errorf("a ) is missing at %d", p.peek().at)
		}
		return e, nil
	case t.kind == nameToken:
		return p.name(t)
	case t.kind == endToken:
		return nil, errors.New("the expression ends too early")
	case t.kind == symbolToken:
		return nil, fmt.Errorf("%q at %d is not expected", t.text, t.at)
	}
	v, err := literal(t)
	return &expression{op: "literal", value: v}, err
}

func literal(t token) (any, error) {
	switch t.kind {
	case numberToken:
		n, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", t.text)
		}
		return n, nil
	case timeToken:
		return parseTime(t.text)
	case geographyToken:
		return parseGeometry(t.text)
	case durationToken:
		return parseDuration(t.text)
	}
	return t.text, nil
}

func parseTime(text string) (time.Time, error) {
	text = strings.ReplaceAll(text, " ", "+") // a + that was not escaped in the address
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, strings.ToUpper(text)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time of RFC 3339", text)
}

// parseDuration reads days, hours, minutes and seconds of ISO 8601: P1DT2H3M4.5S.
func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is no duration such as P1DT2H3M4S", text)
	rest, ok := strings.CutPrefix(text, "P")
	if !ok || rest == "" {
		return 0, wrong
	}
	var total float64 // seconds
	clock := false
	for rest != "" {
		if !clock && rest[0] == 'T' {
			clock, rest = true, rest[1:]
		}
		n := strings.IndexAny(rest, "DHMS")
		if n < 1 {
			return 0, wrong
		}
		v, err := strconv.ParseFloat(rest[:n], 64)
		seconds := map[byte]float64{'D': 86_400, 'H': 3600, 'M': 60, 'S': 1}[rest[n]]
		if err != nil || clock == (rest[n] == 'D') || v < 0 || v > 1e6 {
			return 0, wrong
		}
		total += v * seconds
		rest = rest[n+1:]
	}
	return time.Duration(total * float64(time.Second)), nil
}

// name reads a constant, a function with its arguments, or a path.
func (p *parser) name(t token) (*expression, error) {
	switch t.text {
	case "true", "false":
		return &expression{op: "literal", value: t.text == "true"}, nil
	case "null":
		return &expression{op: "literal"}, nil
	}
	if p.symbol("(") {
		return p.call(t)
	}
	path := []string{t.text}
	for p.symbol("/") {
		part := p.take()
		if part.kind != nameToken {
			return nil, fmt.Errorf("a name is missing at %d", part.at)
		}
		path = append(path, part.text)
	}
	return &expression{op: "path", path: path}, nil
}

func (p *parser) call(t token) (*expression, error) {
	f, known := functions[t.text]
	if !known {
		return nil, fmt.Errorf("there is no function %q", t.text)
	}
	e := &expression{op: t.text}
	for !p.symbol(")") {
		if len(e.args) > 0 && !p.symbol(",") {
			return nil, fmt.Errorf("a , or ) is missing at %d", p.peek().at)
		}
		arg, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		e.args = append(e.args, arg)
	}
	if n := len(e.args); n < f.least || n > f.most {
		return nil, fmt.Errorf("%s takes %d to %d arguments, not %d", t.text, f.least, f.most, n)
	}
	return e, nil
}

// check tells whether every path of the expression leads somewhere from a kind.
func (x *expression) check(k kind) error {
	for _, a := range x.args {
		if err := a.check(k); err != nil {
			return err
		}
	}
	if x.op != "path" {
		return nil
	}
	at := k
	for i, name := range x.path {
		if r, ok := at.relation(name); ok && i < len(x.path)-1 {
			at = r.to
			continue
		}
		if !at.has(name) {
			return fmt.Errorf("%s have no property %q", kinds[at].set, name)
		}
		return nil // members of a property may be absent
	}
	return fmt.Errorf("%s leads to no property", strings.Join(x.path, "/"))
}
