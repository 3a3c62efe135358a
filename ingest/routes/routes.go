// Package routes keeps the table of routes where it can be edited while rione
// runs: the city's own routes in a key-value bucket of the journal's engine, in
// front of those that rione brings. All processes see the same table.
package routes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest"
)

// Bucket is the name of the bucket.
const Bucket = "rione_routes"

// tableKey holds the whole edited table: it changes at once or not at all.
const tableKey = "table"

// maxRoutes bounds the city's own routes: doors look at all for a new topic.
const maxRoutes = 500

// Errors of edits.
var (
	// ErrUnknown is returned by Remove for a name that no route has.
	ErrUnknown = errors.New("there is no such route")
	// ErrInvalid is wrapped by what Set returns for a route that cannot be used.
	ErrInvalid = errors.New("the route cannot be used")
	// ErrChanged is returned when somebody else edited the table at the same time
	// again and again.
	ErrChanged = errors.New("the table changed meanwhile; try again")
)

// Options describe a table.
type Options struct {
	Defaults []ingest.Route            // routes that rione brings, behind the city's own
	Known    func(*ingest.Route) error // tells why a route's format cannot be decoded; required
	Replicas int                       // of a bucket that is made, default 1
	Logger   *slog.Logger
}

// edits are what the city changed: its own routes, in order, and which of the
// default ones it does without.
type edits struct {
	Routes  []ingest.Route `json:"routes"`
	Without []string       `json:"without,omitempty"`
}

// Table is the table of routes. It is safe for concurrent use.
type Table struct {
	opt Options
	kv  jetstream.KeyValue
	now atomic.Pointer[version]

	mu       sync.Mutex
	watchers []func(*ingest.Routes)
}

// version is one state of the table.
type version struct {
	revision uint64
	edits    edits
	routes   *ingest.Routes
}

// Open opens the bucket, or makes it, and reads the table. Edits that cannot be
// used, such as those of a newer release, are an error: half a table would send
// messages to the wrong decoder.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Table, error) {
	if o.Known == nil {
		return nil, errors.New("routes: Known is required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	kv, err := js.KeyValue(ctx, Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: Bucket, Description: "routes of messages", History: 8, Replicas: max(1, o.Replicas), Storage: jetstream.FileStorage,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("routes: bucket %s: %w", Bucket, err)
	}
	t := &Table{opt: o, kv: kv}
	v, err := t.load(ctx)
	if err != nil {
		return nil, err
	}
	t.now.Store(v)
	return t, nil
}

// load reads the table as it is in the bucket.
func (t *Table) load(ctx context.Context) (*version, error) {
	e, err := t.kv.Get(ctx, tableKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return t.version(0, edits{})
	}
	if err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	return t.read(e)
}

func (t *Table) read(e jetstream.KeyValueEntry) (*version, error) {
	var changed edits
	if e.Operation() == jetstream.KeyValuePut {
		if err := json.Unmarshal(e.Value(), &changed); err != nil {
			return nil, fmt.Errorf("routes: the table in the bucket cannot be read: %w", err)
		}
	}
	return t.version(e.Revision(), changed)
}

// version makes the table that edits lead to.
func (t *Table) version(revision uint64, e edits) (*version, error) {
	list := slices.Clone(e.Routes)
	for _, r := range t.opt.Defaults {
		replaced := slices.ContainsFunc(e.Routes, func(own ingest.Route) bool { return own.Name == r.Name })
		if !replaced && !slices.Contains(e.Without, r.Name) {
			list = append(list, r)
		}
	}
	routes, err := ingest.NewRoutes(list)
	if err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	return &version{revision, e, routes}, nil
}

// Current returns the table as it is now.
func (t *Table) Current() *ingest.Routes { return t.now.Load().routes }

// All returns the routes in their order, the city's own first. They must not be
// changed.
func (t *Table) All() []ingest.Route { return t.Current().All() }

// Match returns the name of the first route that fits the topic, "" when none
// does.
func (t *Table) Match(topic string) string { return t.Current().Match(topic) }

// Own tells whether a route of that name was set by the city.
func (t *Table) Own(name string) bool {
	return slices.ContainsFunc(t.now.Load().edits.Routes, func(r ingest.Route) bool { return r.Name == name })
}

// OnChange calls f with every new table, from one goroutine at a time, until the
// process ends. f must not block, nor edit the table.
func (t *Table) OnChange(f func(*ingest.Routes)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watchers = append(t.watchers, f)
}
