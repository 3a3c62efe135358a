package access_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/access"
	"rione/geo"
)

// gazetteer knows the centre of Roma and Milano.
type gazetteer struct{ devices.Gazetteer }

func (gazetteer) Centre(comune string) (geo.Point, bool) {
	return geo.Point{Lat: 41.9, Lon: 12.5}, comune == "058091" || comune == "015146"
}

// registry is a registry in memory; what is stored beside is devices/changelog.
type registry struct {
	mu   sync.Mutex
	now  *devices.Snapshot
	fail error
}

func (r *registry) Snapshot() *devices.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *registry) Apply(_ context.Context, c devices.ChangeSet) (*devices.Snapshot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return nil, r.fail
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	next, err := r.now.With(r.now.Revision+1, c)
	if err == nil {
		r.now = next
	}
	return next, err
}

// put changes or adds entries.
func (r *registry) put(t testing.TB, entries ...devices.Device) {
	t.Helper()
	if _, err := r.Apply(t.Context(), devices.ChangeSet{Author: "test", Put: entries}); err != nil {
		t.Fatal(err)
	}
}

func newRegistry(t testing.TB, entries ...devices.Device) *registry {
	t.Helper()
	r := &registry{now: &devices.Snapshot{}}
	r.put(t, entries...)
	return r
}

func device(id string, kind devices.Kind, comune string) devices.Device {
	at := geo.Point{Lat: 41.9, Lon: 12.5}
	return devices.Device{ID: id, Kind: kind, Placements: []devices.Placement{{Comune: comune, Point: at, Cell: at.Cell(geo.LevelFixed)}}}
}

func withSecret(t testing.TB, d devices.Device, secret string) devices.Device {
	t.Helper()
	hash, err := devices.HashSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	d.SecretHash = hash
	return d
}

// trail and store are a token store in memory, which may fail.
type trail struct {
	mu      sync.Mutex
	entries []access.Entry
	fail    error
}

func (l *trail) Append(_ context.Context, e access.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail == nil {
		l.entries = append(l.entries, e)
	}
	return l.fail
}

func (l *trail) Read(context.Context, uint64, int) ([]access.Entry, error) { return l.entries, nil }
func (l *trail) Last(context.Context) (uint64, error)                      { return uint64(len(l.entries)), nil }

type store struct {
	take func(access.Token)
	kept []access.Token
	fail error
}

func (s *store) Put(_ context.Context, t access.Token) error {
	if s.fail == nil {
		s.kept = append(s.kept, t)
	}
	return s.fail
}

func (s *store) Follow(_ context.Context, take func(access.Token)) error {
	for _, t := range s.kept {
		take(t)
	}
	s.take = take
	return s.fail
}

// clock stands still until it is moved.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2025, 11, 22, 8, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func newTokens(t testing.TB, c *clock) (*access.Tokens, *store, *trail) {
	t.Helper()
	s, l := &store{}, &trail{}
	tokens, err := access.OpenTokens(t.Context(), s, l, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return tokens, s, l
}

func newPolicy(t testing.TB, o access.Options) *access.Policy {
	t.Helper()
	p, err := access.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func here() netip.Addr { return netip.MustParseAddr("192.0.2.1") }

var errStore = errors.New("store is away")
