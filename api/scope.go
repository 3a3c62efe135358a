package api

import (
	"context"
	"errors"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
)

// reach says what a token for some comuni finds at a route.
type reach uint8

const (
	wholeCity reach = iota // nothing: the route is for tokens of the whole city
	ownComuni              // what is of its comuni; the handler asks scopeOf
	sameToAll              // what everybody finds: it is of no comune
)

// rule says who may use a route.
type rule struct {
	role  Role
	reach reach
}

// String says the rule in the API's description.
func (r rule) String() string {
	text := "Role: " + r.role.String() + "."
	switch {
	case r.role == Public || r.reach == sameToAll:
		return text
	case r.reach == ownComuni:
		return text + " A token for some comuni finds what is of these."
	}
	return text + " Not for tokens of some comuni only."
}

// scope are the comuni that a request may see and change. The zero scope is
// every comune.
type scope struct{ comuni []string }

// all reports whether the scope is the whole city.
func (c scope) all() bool { return len(c.comuni) == 0 }

// covers reports whether the scope has a comune.
func (c scope) covers(comune string) bool { return c.all() || slices.Contains(c.comuni, comune) }

// sees reports whether d stands in the scope now. What it did elsewhere before
// is the other comune's.
func (c scope) sees(d *devices.Device) bool { return d != nil && c.covers(d.Current().Comune) }

// within reports whether the scope is a part of another.
func (c scope) within(o scope) bool {
	return o.all() || !c.all() && !slices.ContainsFunc(c.comuni, func(comune string) bool { return !o.covers(comune) })
}

// caller is who sent a request, and what that may do.
type caller struct {
	name  string
	role  Role
	scope scope
}

type callerKey struct{}

func withCaller(ctx context.Context, c caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// callerOf returns who sent the request.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// author returns whose request it is, for the registry's history.
func author(ctx context.Context) string { return callerOf(ctx).name }

// scopeOf returns the comuni that the request may see and change.
func scopeOf(ctx context.Context) scope { return callerOf(ctx).scope }

// deviceOf returns the device of that id, or ErrNotFound when there is none in
// the request's scope: whether another comune has one of that name is its own.
func (s *Server) deviceOf(ctx context.Context, id string) (*devices.Device, error) {
	d := s.o.Registry.Snapshot().Device(id)
	if !scopeOf(ctx).sees(d) {
		return nil, ErrNotFound
	}
	return d, nil
}

// mayApply returns the answer to a change set that touches a device of another
// comune, or puts one there. Placements that it has already stay: they are
// history.
func (c scope) mayApply(before *devices.Snapshot, set *devices.ChangeSet) error {
	if c.all() {
		return nil
	}
	var foreign []error
	for i := range set.Put {
		d := &set.Put[i]
		old := before.Device(d.ID)
		if old != nil && !c.sees(old) {
			foreign = append(foreign, &huma.ErrorDetail{Message: "device " + d.ID + " is not of your comuni"})
			continue
		}
		for j := range d.Placements {
			p := &d.Placements[j]
			if !c.covers(p.Comune) && (old == nil || !slices.ContainsFunc(old.Placements, p.Equal)) {
				foreign = append(foreign, &huma.ErrorDetail{Message: "device " + d.ID + " would stand in comune " + p.Comune + ", which is not yours"})
			}
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	return huma.Error403Forbidden("nothing was done: the token is for some comuni only", foreign...)
}

// discreet returns err without the name of another comune's device that holds
// an identity.
func (c scope) discreet(s *devices.Snapshot, err error) error {
	var taken *devices.TakenError
	if errors.As(err, &taken) && s.Device(taken.Holder) != nil && !c.sees(s.Device(taken.Holder)) {
		return huma.Error422UnprocessableEntity("device " + taken.Device + ": its identity is a device's of another comune")
	}
	return err
}
