package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"rione/devices"
	"rione/geo"
)

// ClaimStore keeps claim codes.
type ClaimStore interface {
	// PutClaim keeps a claim in place of the one of its id, unless another
	// process changed that since it was last handed over: then ErrClaimChanged.
	PutClaim(ctx context.Context, c Claim) error
	// FollowClaims hands over every claim, and returns nil once it handed over
	// those that there are. Later ones, of any process, come until the store
	// closes.
	FollowClaims(ctx context.Context, take func(Claim)) error
}

// Errors of Claims.
var (
	// ErrClaimChanged is returned by a ClaimStore.
	ErrClaimChanged = errors.New("the code was changed meanwhile")
	// ErrBadClaim is returned for a code, or a use of one, that cannot be so.
	ErrBadClaim = errors.New("this cannot be done")
	// ErrNoClaim is returned for a code that is not in force.
	ErrNoClaim = errors.New("there is no such code in force")
)

// ClaimOptions are the partners of Claims. All but Now are required.
type ClaimOptions struct {
	Store     ClaimStore
	Registry  Registry
	Gazetteer devices.Gazetteer
	Trail     Trail
	Now       func() time.Time // clock; nil is time.Now
}

// Claims are the claim codes of a city. They are safe for any number of callers.
type Claims struct {
	o     ClaimOptions
	wrong *throttle // wrong codes, by address

	using sync.Mutex // one use at a time, so that none is counted twice

	mu     sync.RWMutex
	byID   map[string]Claim
	byHash map[Hash]string // id
}

// OpenClaims returns the claim codes of the store, and follows it.
func OpenClaims(ctx context.Context, o ClaimOptions) (*Claims, error) {
	if o.Store == nil || o.Registry == nil || o.Gazetteer == nil || o.Trail == nil {
		return nil, errors.New("claims: Store, Registry, Gazetteer and Trail are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Claims{o: o, wrong: newThrottle(Rate{Burst: 20, PerMinute: 6}, 16*1024), byID: make(map[string]Claim), byHash: make(map[Hash]string)}
	if err := o.Store.FollowClaims(ctx, c.take); err != nil {
		return nil, fmt.Errorf("open the claim codes: %w", err)
	}
	return c, nil
}

func (c *Claims) take(claim Claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byID[claim.ID] = claim
	c.byHash[claim.Hash] = claim.ID
}

// Create makes a code as wanted says (Name, Comune, Kind, Model, Group, Approve,
// Uses, Expires) and returns its text, which nothing keeps: it is shown once.
func (c *Claims) Create(ctx context.Context, author string, wanted Claim) (code string, made Claim, err error) {
	now := c.o.Now().UTC()
	if err := wanted.validate(now); err != nil {
		return "", Claim{}, fmt.Errorf("%w: %w", ErrBadClaim, err)
	}
	code = newCode()
	made = wanted
	made.ID, made.Author, made.Created, made.Used, made.Revoked = strings.ToLower(rand.Text()[:12]), author, now, 0, time.Time{}
	made.Expires, made.Hash = made.Expires.UTC(), hashOf(normalCode(code))
	entry := Entry{Time: now, Who: author, Action: "claim.create", Subject: made.Name, Detail: made.scope()}
	if err := c.keep(ctx, entry, made); err != nil {
		return "", Claim{}, err
	}
	return code, made, nil
}

// Revoke makes a code void, named by its id.
func (c *Claims) Revoke(ctx context.Context, author, id string) (Claim, error) {
	c.using.Lock()
	defer c.using.Unlock()
	c.mu.RLock()
	claim, there := c.byID[id]
	c.mu.RUnlock()
	now := c.o.Now().UTC()
	if !there || !claim.InForce(now) {
		return Claim{}, fmt.Errorf("%w: %q", ErrNoClaim, id)
	}
	claim.Revoked = now
	return claim, c.keep(ctx, Entry{Time: now, Who: author, Action: "claim.revoke", Subject: claim.Name, Detail: claim.scope()}, claim)
}

// keep writes the trail, then the claim: what is in force is in the trail.
func (c *Claims) keep(ctx context.Context, entry Entry, claim Claim) error {
	if err := c.o.Trail.Append(ctx, entry); err != nil {
		return fmt.Errorf("%s was not done: %w", entry.Action, err)
	}
	if err := c.o.Store.PutClaim(ctx, claim); err != nil {
		return fmt.Errorf("%s is in the audit log, but was not done: %w", entry.Action, err)
	}
	c.take(claim)
	return nil
}

// List returns every code without its text, void ones too, the newest first.
func (c *Claims) List() []Claim {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := make([]Claim, 0, len(c.byID))
	for _, claim := range c.byID {
		list = append(list, claim)
	}
	slices.SortFunc(list, func(a, b Claim) int {
		return cmp.Or(b.Created.Compare(a.Created), strings.Compare(a.ID, b.ID))
	})
	return list
}

// Check returns the claim of a code in force. Wrong ones are counted by the
// address that they come from: ErrThrottled after too many.
func (c *Claims) Check(code string, from netip.Addr) (Claim, error) {
	now, address := c.o.Now(), addressKey(from)
	if !c.wrong.allows(address, now) {
		return Claim{}, fmt.Errorf("%w with wrong codes; try again in a few minutes", ErrThrottled)
	}
	c.mu.RLock()
	claim, there := c.byID[c.byHash[hashOf(normalCode(code))]]
	c.mu.RUnlock()
	if !there {
		c.wrong.count(address, now)
		return Claim{}, ErrNoClaim
	}
	if !claim.InForce(now) {
		return Claim{}, fmt.Errorf("%w: it has expired, was revoked or is used up", ErrNoClaim)
	}
	return claim, nil
}

// Installation is what an installer says of a device.
type Installation struct {
	DeviceID string
	Serial   string     // external identity, "" when it has none
	Name     string     // for people
	At       *geo.Point // where it stands, nil when the installer does not know
}

// Use registers a device by a code, as pending or approved, as the code says. A
// device that enrolled by itself and waits gets its place, and its approval.
func (c *Claims) Use(ctx context.Context, code string, from netip.Addr, in Installation) (*devices.Device, error) {
	c.using.Lock()
	defer c.using.Unlock()
	claim, err := c.Check(code, from)
	if err != nil {
		return nil, err
	}
	at, err := devices.Place(c.o.Gazetteer, claim.Comune, "", in.At, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadClaim, err)
	}
	set, err := claim.changes(c.o.Registry.Snapshot(), &in, at, c.o.Now().UTC())
	if err != nil {
		return nil, err
	}
	// The use is counted first: a code never makes more devices than it is for.
	claim.Used++
	if err := c.o.Store.PutClaim(ctx, claim); err != nil {
		return nil, fmt.Errorf("the code is in use elsewhere, try again: %w", err)
	}
	c.take(claim)
	after, err := c.o.Registry.Apply(ctx, set)
	if err != nil {
		return nil, err
	}
	return after.Device(in.DeviceID), nil
}

// changes returns what a use of the code does to the registry.
func (c *Claim) changes(s *devices.Snapshot, in *Installation, at devices.Placement, now time.Time) (devices.ChangeSet, error) {
	d, err := c.entry(s, in, at, now)
	set := devices.ChangeSet{Author: "claim " + c.Name, Note: "claimed by code " + c.ID, Time: now, Put: []devices.Device{d}}
	if err != nil {
		return set, err
	}
	if _, err := s.With(s.Revision+1, set); err != nil { // the name of who has the identity is not the installer's
		return set, fmt.Errorf("%w: the id or serial is another device's already", ErrBadClaim)
	}
	return set, nil
}

// entry returns the registry's entry of a claimed device.
func (c *Claim) entry(s *devices.Snapshot, in *Installation, at devices.Placement, now time.Time) (devices.Device, error) {
	d := devices.Device{ID: in.DeviceID, Kind: c.Kind, Placements: []devices.Placement{at}}
	if old := s.Device(in.DeviceID); old != nil {
		if !old.Pending || old.Retired || old.Kind != c.Kind || old.Current().Comune != c.Comune {
			return d, fmt.Errorf("%w: device %q is registered already", ErrBadClaim, in.DeviceID)
		}
		d = *old
		d.Placements = old.Placed(at, now)
	}
	d.Pending = !c.Approve
	for field, value := range map[*string]string{&d.Model: c.Model, &d.Group: c.Group, &d.Name: strings.TrimSpace(in.Name), &d.ExternalID: devices.NormalExternalID(in.Serial)} {
		if value != "" {
			*field = value
		}
	}
	if err := d.Validate(); err != nil {
		return d, fmt.Errorf("%w: %w", ErrBadClaim, err)
	}
	return d, nil
}
