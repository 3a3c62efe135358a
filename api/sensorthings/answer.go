package sensorthings

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"rione/api/view"
)

// request is one request: whose view it has, and what it asked of the store.
type request struct {
	source view.Source
	model  *model
	base   string // address of the root
	asked  int    // questions to the store
}

// chosen are the entities of a page.
type chosen struct {
	list  []*entity
	more  bool // others follow
	total int  // that the filter lets through, -1 where it was not counted
}

// choose filters, orders and cuts entities.
func (q *request) choose(all []*entity, o *options) *chosen {
	var list []*entity
	for _, e := range all {
		if o.filter == nil || truth(q.model.eval(o.filter, e)) {
			list = append(list, e)
		}
	}
	if len(o.orderBy) > 0 {
		q.sort(list, o.orderBy)
	}
	out := &chosen{total: len(list)}
	start := min(o.skip, len(list))
	end := min(start+o.top, len(list))
	out.list, out.more = list[start:end], end < len(list)
	return out
}

// sort orders entities; what has no value comes first.
func (q *request) sort(list []*entity, by []order) {
	slices.SortStableFunc(list, func(a, b *entity) int {
		for _, one := range by {
			x, y := q.model.eval(one.by, a), q.model.eval(one.by, b)
			c := 0
			switch {
			case x == nil && y == nil:
			case x == nil:
				c = -1
			case y == nil:
				c = 1
			default:
				c, _ = ordered(x, y)
			}
			if one.descending {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
}

// entities returns what a set or relation holds under options.
func (q *request) entities(ctx context.Context, all []*entity, s *stream, o *options) (*chosen, error) {
	if s != nil {
		return q.observed(ctx, s, o)
	}
	return q.choose(all, o), nil
}

// write makes an entity's JSON.
func (q *request) write(ctx context.Context, e *entity, o *options) (map[string]any, error) {
	info, self := &kinds[e.kind], q.link(e)
	wanted := func(name string) bool { return o.sel == nil || slices.Contains(o.sel, name) }
	out := make(map[string]any)
	if wanted("id") || wanted("@iot.id") {
		out["@iot.id"] = e.id
	}
	if wanted("@iot.selfLink") {
		out["@iot.selfLink"] = self
	}
	for _, name := range info.properties {
		if wanted(name) {
			if v := e.property(name); v != nil || name == "result" {
				out[name] = v
			}
		}
	}
	for _, r := range info.relations {
		if wanted(r.name) {
			out[r.name+"@iot.navigationLink"] = self + "/" + r.name
		}
	}
	for _, x := range o.expand {
		if err := q.expand(ctx, out, e, self, x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (q *request) link(e *entity) string {
	return fmt.Sprintf("%s/%s(%d)", q.base, kinds[e.kind].set, e.id)
}

// expand writes related entities into the one that they belong to.
func (q *request) expand(ctx context.Context, out map[string]any, e *entity, self string, x expansion) error {
	related := q.model.related(e, x.relation)
	if !x.relation.many {
		if len(related) == 0 {
			return nil
		}
		one, err := q.write(ctx, related[0], x.options)
		out[x.relation.name] = one
		return err
	}
	var s *stream
	if e.kind == datastreams && x.relation.to == observations {
		s = e.stream
	}
	found, err := q.entities(ctx, related, s, x.options)
	if err != nil {
		return err
	}
	list, err := q.writeAll(ctx, found.list, x.options)
	if err != nil {
		return err
	}
	out[x.relation.name] = list
	if x.options.count && found.total >= 0 {
		out[x.relation.name+"@iot.count"] = found.total
	}
	if found.more && x.options.top > 0 && x.options.plain() {
		out[x.relation.name+"@iot.nextLink"] = fmt.Sprintf("%s/%s?$top=%d&$skip=%d", self, x.relation.name, x.options.top, x.options.skip+x.options.top)
	}
	return nil
}

// plain tells whether a page goes on by $top and $skip alone.
func (o *options) plain() bool {
	return o.filter == nil && len(o.orderBy) == 0 && len(o.expand) == 0 && o.sel == nil
}

func (q *request) writeAll(ctx context.Context, list []*entity, o *options) ([]map[string]any, error) {
	out := make([]map[string]any, 0, len(list))
	for _, e := range list {
		one, err := q.write(ctx, e, o)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// set answers a set of entities.
func (q *request) set(ctx context.Context, r *resource, o *options, at *url.URL) (map[string]any, error) {
	found, err := q.entities(ctx, r.many, r.stream, o)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any)
	if o.count {
		out["@iot.count"] = found.total
	}
	if found.more && o.top > 0 {
		next := at.Query()
		next.Set("$skip", strconv.Itoa(o.skip+o.top))
		next.Set("$top", strconv.Itoa(o.top))
		out["@iot.nextLink"] = q.base + at.Path[len(Prefix):] + "?" + next.Encode()
	}
	if r.refs {
		links := make([]map[string]any, len(found.list))
		for i, e := range found.list {
			links[i] = map[string]any{"@iot.selfLink": q.link(e)}
		}
		out["value"] = links
		return out, nil
	}
	out["value"], err = q.writeAll(ctx, found.list, o)
	return out, err
}
