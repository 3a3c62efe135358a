package sensorthings

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Bounds of an answer. A $top above the largest is taken for the largest, and
// the next link leads on.
const (
	defaultTop = 100
	mostTop    = 1000
	mostSkip   = 1_000_000
	mostExpand = 4 // relations deep
)

// options are the query options of a request, or of one $expand.
type options struct {
	filter  *expression
	orderBy []order
	top     int
	skip    int
	count   bool
	sel     []string // nil: everything
	expand  []expansion
	given   map[string]bool
}

type order struct {
	by         *expression
	descending bool
}

// expansion is one relation of $expand with options of its own.
type expansion struct {
	relation relation
	options  *options
}

// errQuery marks what is wrong with a request: 400.
var errQuery = errors.New("the query makes no sense")

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errQuery, fmt.Errorf(format, args...))
}

// optionsOf reads the options of an address for entities of a kind.
func optionsOf(q url.Values, k kind) (*options, error) {
	o := newOptions()
	for name, values := range q {
		if len(values) != 1 {
			return nil, wrong("%s is given more than once", name)
		}
		if err := o.set(name, values[0], k, mostExpand); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func newOptions() *options { return &options{top: defaultTop, given: make(map[string]bool)} }

func (o *options) set(name, value string, k kind, depth int) (err error) {
	if o.given[name] {
		return wrong("%s is given more than once", name)
	}
	o.given[name] = true
	switch name {
	case "$filter":
		o.filter, err = parseFor(value, k)
	case "$orderby":
		o.orderBy, err = parseOrder(value, k)
	case "$top":
		o.top, err = wholeNumber(name, value)
		o.top = min(o.top, mostTop)
	case "$skip":
		if o.skip, err = wholeNumber(name, value); err == nil && o.skip > mostSkip {
			err = wrong("$skip is at most %d; go on by a filter of phenomenonTime or id", mostSkip)
		}
	case "$count":
		if o.count = value == "true"; !o.count && value != "false" {
			err = wrong("$count is true or false")
		}
	case "$select":
		o.sel, err = parseSelect(value, k)
	case "$expand":
		o.expand, err = parseExpand(value, k, depth)
	default:
		err = wrong("there is no query option %q", name)
	}
	return err
}

func parseFor(text string, k kind) (*expression, error) {
	x, err := parse(text)
	if err == nil {
		err = x.check(k)
	}
	if err != nil {
		return nil, wrong("%w", err)
	}
	return x, nil
}

func wholeNumber(name, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, wrong("%s is a whole number from 0", name)
	}
	return n, nil
}

func parseOrder(text string, k kind) ([]order, error) {
	var list []order
	for _, part := range split(text, ',') {
		part = strings.TrimSpace(part)
		descending := strings.HasSuffix(part, " desc")
		x, err := parseFor(strings.TrimSuffix(strings.TrimSuffix(part, " desc"), " asc"), k)
		if err != nil {
			return nil, err
		}
		list = append(list, order{x, descending})
	}
	return list, nil
}

func parseSelect(text string, k kind) ([]string, error) {
	var list []string
	for _, name := range split(text, ',') {
		name = strings.TrimSpace(name)
		if _, ok := k.relation(name); !ok && !k.has(name) {
			return nil, wrong("%s have no %q to select", kinds[k].set, name)
		}
		list = append(list, name)
	}
	return list, nil
}

// parseExpand reads relations with options in brackets, such as
// Datastreams($select=name;$expand=Observations($top=1)),Locations, or as paths.
func parseExpand(text string, k kind, depth int) ([]expansion, error) {
	if depth == 0 {
		return nil, wrong("$expand goes at most %d relations deep", mostExpand)
	}
	var list []expansion
	for _, part := range split(text, ',') {
		one, err := parseExpansion(strings.TrimSpace(part), k, depth)
		if err != nil {
			return nil, err
		}
		if list, err = merged(list, one); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// merged adds an expansion. A relation that is there already, as in
// Datastreams,Datastreams/Observations, gets what the further one expands.
func merged(list []expansion, one expansion) ([]expansion, error) {
	for i := range list {
		if list[i].relation == one.relation {
			if len(one.options.given) > 1 || len(one.options.given) == 1 && !one.options.given["$expand"] {
				return nil, wrong("%s is expanded twice", one.relation.name)
			}
			list[i].options.expand = append(list[i].options.expand, one.options.expand...)
			return list, nil
		}
	}
	return append(list, one), nil
}

func parseExpansion(text string, k kind, depth int) (expansion, error) {
	end := strings.IndexAny(text, "(/")
	name, rest := text, ""
	if end >= 0 {
		name, rest = text[:end], text[end:]
	}
	r, ok := k.relation(name)
	if !ok {
		return expansion{}, wrong("%s have no relation %q", kinds[k].set, name)
	}
	e := expansion{relation: r, options: newOptions()}
	switch {
	case rest == "":
	case rest[0] == '/':
		return e, e.options.set("$expand", rest[1:], r.to, depth-1)
	case !strings.HasSuffix(rest, ")"):
		return e, wrong("a ) is missing after the options of %s", name)
	default:
		for _, option := range split(rest[1:len(rest)-1], ';') {
			key, value, found := strings.Cut(strings.TrimSpace(option), "=")
			if !found {
				return e, wrong("%q is no option of %s", option, name)
			}
			if err := e.options.set(key, value, r.to, depth-1); err != nil {
				return e, err
			}
		}
	}
	return e, nil
}

// split cuts a text where the separator stands outside of brackets and quotes.
func split(text string, separator byte) []string {
	var parts []string
	depth, quoted, start := 0, false, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == separator && depth == 0:
			parts, start = append(parts, text[start:i]), i+1
		}
	}
	return append(parts, text[start:])
}
