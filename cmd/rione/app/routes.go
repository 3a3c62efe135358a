package app

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"rione/api"
	"rione/devices/access"
	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/routes"
	"rione/ingest/webhook"
)

// openRoutes reads the table of routes, as the city edited it.
func (a *App) openRoutes(ctx context.Context) error {
	_, js, err := a.stream("routes")
	if err != nil {
		return err
	}
	a.routes, err = routes.Open(ctx, js, routes.Options{
		Defaults: append(ingest.DefaultRoutes(), webhook.Routes(a.formatNames())...),
		Known:    a.knows,
		Logger:   a.log,
	})
	if err != nil {
		return err
	}
	changed := make(chan struct{}, 1)
	a.routes.OnChange(func(*ingest.Routes) {
		select {
		case changed <- struct{}{}:
		default: // the doors look at the newest table anyway
		}
	})
	a.work("routes", a.routes.Follow)
	a.work("doors' routes", func(ctx context.Context) error { return a.followRoutes(ctx, changed) })
	return nil
}

// knows tells why there is no decoder for a route.
func (a *App) knows(r *ingest.Route) error {
	if r.Mapping != "" {
		_, err := decode.Mapping(r.Mapping)
		return err
	}
	if _, ok := a.formats.Lookup(r.Format); !ok {
		return fmt.Errorf("there is no format %q; `rione decode --list` names them", r.Format)
	}
	return nil
}

// followRoutes tells the doors that the table changed.
func (a *App) followRoutes(ctx context.Context, changed <-chan struct{}) error {
	for {
		select {
		case <-changed:
			a.doors.routesChanged()
		case <-ctx.Done():
			return nil
		}
	}
}

// routeOf returns the route of a message: the one that its door found, else one
// that fits now.
func (a *App) routeOf(m *ingest.Message) *ingest.Route {
	now := a.routes.Current()
	if r := now.ByName(m.Route); r != nil {
		return r
	}
	return now.ByName(now.Match(m.Topic))
}

// routed are the doors that follow the table of routes.
type routed struct {
	mu   sync.Mutex
	list []follower
}

type follower interface{ RoutesChanged() }

func (r *routed) add(door follower) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, door)
}

func (r *routed) routesChanged() {
	r.mu.Lock()
	list := slices.Clone(r.list)
	r.mu.Unlock()
	for _, door := range list {
		door.RoutesChanged()
	}
}

// keyed proves devices at the HTTP door by their own secrets.
type keyed struct{ a *App }

var _ webhook.Devices = keyed{}

// Prove implements webhook.Devices.
func (k keyed) Prove(ctx context.Context, external, key string, from netip.Addr) (string, bool) {
	d := k.a.registry.Snapshot().Resolve(external)
	if d == nil {
		return "", false
	}
	_, err := k.a.policy.Authenticate(ctx, access.Login{ClientID: d.ID, Password: key, Address: from})
	return d.ID, err == nil
}

// table gives the API the routes, with their errors in its words.
type table struct{ *routes.Table }

var _ api.RouteTable = table{}

// Set implements api.RouteTable.
func (t table) Set(ctx context.Context, r ingest.Route) error { return answer(t.Table.Set(ctx, r)) }

// Remove implements api.RouteTable.
func (t table) Remove(ctx context.Context, name string) error {
	return answer(t.Table.Remove(ctx, name))
}

func answer(err error) error {
	switch {
	case errors.Is(err, routes.ErrUnknown):
		return api.ErrNotFound
	case errors.Is(err, routes.ErrInvalid), errors.Is(err, routes.ErrChanged):
		return &api.RouteError{Detail: err.Error()}
	}
	return err
}
