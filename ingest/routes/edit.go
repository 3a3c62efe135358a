package routes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest"
)

// Set adds a route in front of the default ones, behind the city's own, or takes
// the place of the one of that name.
func (t *Table) Set(ctx context.Context, r ingest.Route) error {
	if err := t.check(&r); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return t.edit(ctx, func(e *edits) error {
		if i := indexOf(e.Routes, r.Name); i >= 0 {
			e.Routes[i] = r
			return nil
		}
		if len(e.Routes) == maxRoutes {
			return fmt.Errorf("%w: there are %d routes already; give several topics one filter", ErrInvalid, maxRoutes)
		}
		e.Routes = append(e.Routes, r)
		e.Without = slices.DeleteFunc(e.Without, func(name string) bool { return name == r.Name })
		return nil
	})
}

// Remove takes a route out of the table. A default route that was replaced comes
// back with that; a default route itself is done without from then on.
func (t *Table) Remove(ctx context.Context, name string) error {
	return t.edit(ctx, func(e *edits) error {
		if i := indexOf(e.Routes, name); i >= 0 {
			e.Routes = slices.Delete(e.Routes, i, i+1)
			return nil
		}
		if indexOf(t.opt.Defaults, name) < 0 || slices.Contains(e.Without, name) {
			return ErrUnknown
		}
		e.Without = append(e.Without, name)
		return nil
	})
}

func indexOf(list []ingest.Route, name string) int {
	return slices.IndexFunc(list, func(r ingest.Route) bool { return r.Name == name })
}

// check tells what is wrong with a route that the city wants.
func (t *Table) check(r *ingest.Route) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if err := t.opt.Known(r); err != nil {
		return err
	}
	if r.IsPath() && !underDoor(r.Filter) {
		return fmt.Errorf("the path %q is not one of the HTTP door; paths begin with /ingest/ or /api/v1/monitoring/device/", r.Filter)
	}
	return nil
}

func underDoor(path string) bool {
	return strings.HasPrefix(path, "/ingest/") || strings.HasPrefix(path, "/api/v1/monitoring/device/")
}

// attempts is how often an edit is tried against those of others.
const attempts = 5

// edit changes the table in the bucket, if it is still as it was read.
func (t *Table) edit(ctx context.Context, change func(*edits) error) error {
	for range attempts {
		v, err := t.load(ctx)
		if err != nil {
			return err
		}
		e := edits{slices.Clone(v.edits.Routes), slices.Clone(v.edits.Without)}
		if err := change(&e); err != nil {
			return err
		}
		next, err := t.version(0, e)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if next.revision, err = t.put(ctx, v.revision, e); err == nil {
			t.install(next)
			return nil
		}
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return fmt.Errorf("routes: %w", err)
		}
	}
	return ErrChanged
}

func (t *Table) put(ctx context.Context, over uint64, e edits) (uint64, error) {
	value, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	return t.kv.Update(ctx, tableKey, value, over)
}

// install takes a newer table into use and tells the watchers.
func (t *Table) install(v *version) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.revision <= t.now.Load().revision {
		return
	}
	t.now.Store(v)
	t.opt.Logger.Info("the routes changed", "revision", v.revision, "routes", len(v.routes.All()))
	for _, f := range t.watchers {
		f(v.routes)
	}
}

// Follow takes over what other processes change, until ctx ends. A table that
// cannot be used is logged, and the one before stays.
func (t *Table) Follow(ctx context.Context) error {
	w, err := t.kv.Watch(ctx, tableKey)
	if err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	defer w.Stop() //nolint:errcheck // only read
	for {
		select {
		case e, ok := <-w.Updates():
			if !ok && ctx.Err() != nil { // its end closes the watcher too
				return nil
			}
			if !ok {
				return errors.New("routes: the connection to the journal's engine was lost")
			}
			if e == nil { // that was all there is
				continue
			}
			v, err := t.read(e)
			if err != nil {
				t.opt.Logger.Error("the routes in the bucket cannot be used; those before stay", "error", err)
				continue
			}
			t.install(v)
		case <-ctx.Done():
			return nil
		}
	}
}
