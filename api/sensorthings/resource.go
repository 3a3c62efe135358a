package sensorthings

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"rione/api/view"
)

// errNothing is for addresses that lead nowhere: 404.
var errNothing = errors.New("there is nothing at this address")

// resource is what an address leads to: one entity, or a set of them.
type resource struct {
	kind   kind
	one    *entity   // or
	many   []*entity // or
	stream *stream   // whose observations the store has

	property string // of one, "" for the whole
	raw      bool   // $value
	refs     bool   // $ref
}

func (r *resource) isSet() bool { return r.one == nil }

// resolve follows an address below the root: Things(1)/Datastreams, …
func (q *request) resolve(ctx context.Context, path string) (*resource, error) {
	var at *resource
	for segment := range strings.SplitSeq(path, "/") {
		name, id, err := segmentOf(segment)
		if err != nil {
			return nil, err
		}
		switch {
		case at == nil:
			at, err = q.first(name)
		case at.property != "" || at.refs:
			err = at.last(name)
		default:
			err = at.step(q.model, name)
		}
		if err == nil && id != nil {
			err = q.pick(ctx, at, *id)
		}
		if err != nil {
			return nil, err
		}
	}
	return at, nil
}

// segmentOf takes Name or Name(id) apart. An id that is no number is nobody's.
func segmentOf(segment string) (name string, id *int64, err error) {
	name, rest, found := strings.Cut(segment, "(")
	if !found {
		return name, nil, nil
	}
	text, closed := strings.CutSuffix(rest, ")")
	n, err := strconv.ParseInt(text, 10, 64)
	if !closed || err != nil {
		return "", nil, errNothing
	}
	return name, &n, nil
}

func (q *request) first(name string) (*resource, error) {
	k, ok := kindOf(name)
	if !ok {
		return nil, errNothing
	}
	return &resource{kind: k, many: q.model.sets[k]}, nil
}

// step goes on from an entity, or asks a set for its links.
func (r *resource) step(m *model, name string) error {
	if r.refs = name == "$ref"; r.refs {
		return nil
	}
	if r.isSet() {
		return errNothing
	}
	if to, ok := r.one.kind.relation(name); ok {
		r.kind, r.many = to.to, m.related(r.one, to)
		if r.one.kind == datastreams && to.to == observations {
			r.stream = r.one.stream
		}
		r.one = nil
		if !to.many {
			if len(r.many) == 0 {
				return errNothing
			}
			r.one, r.many = r.many[0], nil
		}
		return nil
	}
	if !slices.Contains(kinds[r.kind].properties, name) {
		return errNothing
	}
	r.property = name
	return nil
}

// last takes what may follow a property.
func (r *resource) last(name string) error {
	if r.property == "" || r.raw || name != "$value" {
		return errNothing
	}
	r.raw = true
	return nil
}

// pick narrows a set to one entity of it.
func (q *request) pick(ctx context.Context, r *resource, id int64) error {
	if !r.isSet() || r.refs {
		return errNothing
	}
	i := slices.IndexFunc(r.many, func(e *entity) bool { return e.id == id })
	if i >= 0 {
		r.one, r.many, r.stream = r.many[i], nil, nil
		return nil
	}
	if r.kind != observations || id < 0 {
		return errNothing
	}
	stream, at := streamAndTime(id)
	e := q.model.byID[datastreams][stream]
	if e == nil || r.stream != nil && r.stream != e.stream {
		return errNothing
	}
	if r.stream == nil && !slices.ContainsFunc(r.many, func(o *entity) bool { return o.stream == e.stream }) {
		return errNothing // of another feature
	}
	readings, err := q.source.Readings(ctx, e.stream.span(at, at.Add(time.Millisecond), 1))
	if err != nil {
		return err
	}
	if len(readings) == 0 {
		return errNothing
	}
	r.one, r.many, r.stream = e.stream.observation(&readings[0]), nil, nil
	return nil
}

func (s *stream) span(from, until time.Time, limit int) *view.Span {
	return &view.Span{Thing: s.thing, Measurement: s.series.Measurement, Tags: s.series.Tags, Field: s.value.Field, From: from, Until: until, Limit: limit}
}
