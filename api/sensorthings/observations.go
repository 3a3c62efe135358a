package sensorthings

import (
	"context"
	"time"
)

// Bounds of what one request asks of the store: readings that are looked
// through for what only we can judge, and questions.
const (
	mostScanned = 10_000
	mostAsked   = 100
)

// bounds are the times that a filter lets through.
type bounds struct {
	from, until time.Time // included, not included; zero: open
}

// takeTimes takes the bounds of the phenomenon's time out of a filter and
// returns what is left of it, nil when nothing is.
func (b *bounds) takeTimes(x *expression) *expression {
	if x == nil || b.take(x) {
		return nil
	}
	if x.op != "and" {
		return x
	}
	left, right := b.takeTimes(x.args[0]), b.takeTimes(x.args[1])
	switch {
	case left == nil:
		return right
	case right == nil:
		return left
	}
	return &expression{op: "and", args: []*expression{left, right}}
}

// take notes one comparison, if it is one of the time with a time.
func (b *bounds) take(x *expression) bool {
	if len(x.args) != 2 {
		return false
	}
	op, path, literal := x.op, x.args[0], x.args[1]
	if literal.op == "path" {
		op, path, literal = mirrored(op), literal, path
	}
	at, isTime := literal.value.(time.Time)
	if literal.op != "literal" || !isTime || !path.isTime() {
		return false
	}
	switch op {
	case "gt":
		b.notBefore(at.Add(1))
	case "ge":
		b.notBefore(at)
	case "lt":
		b.before(at)
	case "le":
		b.before(at.Add(1))
	case "eq":
		b.notBefore(at)
		b.before(at.Add(1))
	default:
		return false
	}
	return true
}

func mirrored(op string) string {
	if other, ok := map[string]string{"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}[op]; ok {
		return other
	}
	return op
}

func (x *expression) isTime() bool {
	return x.op == "path" && len(x.path) == 1 && (x.path[0] == "phenomenonTime" || x.path[0] == "resultTime")
}

func (b *bounds) notBefore(t time.Time) {
	if t.After(b.from) {
		b.from = t
	}
}

func (b *bounds) before(t time.Time) {
	if b.until.IsZero() || t.Before(b.until) {
		b.until = t
	}
}

// storable tells whether the store's clock knows the bounds.
func (b *bounds) storable() bool {
	ok := func(t time.Time) bool { return t.IsZero() || t.Year() >= 1970 && t.Year() <= 2260 }
	return ok(b.from) && ok(b.until)
}

// observed answers the observations of a datastream. Filters and orders by time
// are the store's work; for others it is read through, up to a bound.
func (q *request) observed(ctx context.Context, s *stream, o *options) (*chosen, error) {
	if o.newestOnly() {
		return &chosen{list: []*entity{s.newest()}, more: true, total: -1}, nil
	}
	var b bounds
	rest := b.takeTimes(o.filter)
	if !b.storable() {
		return nil, wrong("the years of a filter by time are 1970 to 2260")
	}
	if q.asked++; q.asked > mostAsked {
		return nil, wrong("this asks for the observations of more than %d datastreams; choose fewer, or their newest with $top=1 and $orderby=phenomenonTime desc", mostAsked)
	}
	if !b.from.IsZero() && !b.until.IsZero() && !b.from.Before(b.until) {
		return &chosen{}, nil
	}
	if rest == nil && o.byTime() {
		return q.paged(ctx, s, o, b)
	}
	span := s.span(b.from, b.until, mostScanned+1)
	readings, err := q.source.Readings(ctx, span)
	if err != nil {
		return nil, err
	}
	if len(readings) > mostScanned {
		return nil, wrong("more than %d observations would have to be read; add a filter of phenomenonTime", mostScanned)
	}
	list := make([]*entity, len(readings))
	for i := range readings {
		list[i] = s.observation(&readings[i])
	}
	return q.choose(list, o), nil
}

// paged leaves order, page and count to the store.
func (q *request) paged(ctx context.Context, s *stream, o *options, b bounds) (*chosen, error) {
	span := s.span(b.from, b.until, o.top+1)
	span.Skip, span.Newest = o.skip, len(o.orderBy) > 0 && o.orderBy[0].descending
	out := &chosen{total: -1}
	if o.count {
		n, err := q.source.Count(ctx, span)
		if err != nil {
			return nil, err
		}
		out.total = n
	}
	readings, err := q.source.Readings(ctx, span)
	if err != nil {
		return nil, err
	}
	if out.more = len(readings) > o.top; out.more {
		readings = readings[:o.top]
	}
	for i := range readings {
		out.list = append(out.list, s.observation(&readings[i]))
	}
	return out, nil
}

// byTime tells whether the order is the store's own.
func (o *options) byTime() bool {
	return len(o.orderBy) == 0 || len(o.orderBy) == 1 && o.orderBy[0].by.isTime()
}

// newestOnly tells whether the newest observation alone is asked for, which
// needs no store.
func (o *options) newestOnly() bool {
	return o.top == 1 && o.skip == 0 && o.filter == nil && !o.count && len(o.orderBy) == 1 && o.orderBy[0].descending && o.byTime()
}
