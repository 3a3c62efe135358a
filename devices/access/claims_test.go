package access_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/access"
	"rione/geo"
)

// claimStore keeps claims in memory; it may fail.
type claimStore struct {
	mu   sync.Mutex
	kept map[string]access.Claim
	fail error
}

func (s *claimStore) PutClaim(_ context.Context, c access.Claim) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail == nil {
		s.kept[c.ID] = c
	}
	return s.fail
}

func (s *claimStore) FollowClaims(_ context.Context, take func(access.Claim)) error {
	for _, c := range s.kept {
		take(c)
	}
	return s.fail
}

// streets is a gazetteer in which everything south of 41 is not Roma.
type streets struct{ gazetteer }

func (streets) Check(p geo.Point, _ string, _ time.Time) error {
	if p.Lat < 41 {
		return errors.New("the point is 100 km outside the comune")
	}
	return nil
}

func (streets) Zone(geo.Point, string) string { return "Municipio I" }

type claimRig struct {
	*access.Claims
	t        *testing.T
	registry *registry
	store    *claimStore
	trail    *trail
	clock    *clock
}

func newClaims(t *testing.T, entries ...devices.Device) *claimRig {
	t.Helper()
	r := &claimRig{t: t, registry: newRegistry(t, entries...), store: &claimStore{kept: map[string]access.Claim{}}, trail: &trail{}, clock: newClock()}
	var err error
	r.Claims, err = access.OpenClaims(t.Context(), r.options())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *claimRig) options() access.ClaimOptions {
	return access.ClaimOptions{Store: r.store, Registry: r.registry, Gazetteer: streets{}, Trail: r.trail, Now: r.clock.now}
}

func (r *claimRig) claim() access.Claim {
	return access.Claim{Name: "lotto 1", Comune: "058091", Kind: devices.Bin, Uses: 2, Expires: r.clock.at.Add(time.Hour)}
}

func (r *claimRig) create(change func(*access.Claim)) (string, access.Claim) {
	r.t.Helper()
	wanted := r.claim()
	if change != nil {
		change(&wanted)
	}
	code, made, err := r.Create(r.t.Context(), "anna", wanted)
	if err != nil {
		r.t.Fatal(err)
	}
	return code, made
}

// use claims a device and expects an error, nil for none.
func (r *claimRig) use(want error, code string, in access.Installation) *devices.Device {
	r.t.Helper()
	d, err := r.Use(r.t.Context(), code, here(), in)
	if !errors.Is(err, want) {
		r.t.Errorf("%s by %s: %v, want %v", in.DeviceID, code, err, want)
	}
	return d
}

// A code registers as many devices as it is for, where the installer stands.
func TestClaims(t *testing.T) {
	r := newClaims(t)
	code, made := r.create(func(c *access.Claim) { c.Model, c.Group = "B1", "lotto 1" })
	if !regexp.MustCompile(`^[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}$`).MatchString(code) || strings.ContainsAny(code, "01IOL") || made.Author != "anna" || made.ID == "" {
		t.Errorf("made %q, %+v", code, made)
	}
	at := geo.Point{Lat: 41.901, Lon: 12.501}
	d := r.use(nil, strings.ToLower(strings.ReplaceAll(code, "-", " ")), access.Installation{DeviceID: "bin-1", Serial: " AB-12 ", Name: "Piazza Navona ", At: &at})
	if d == nil || !d.Pending || d.Kind != devices.Bin || d.ExternalID != "ab-12" || d.Name != "Piazza Navona" || d.Model != "B1" || d.Group != "lotto 1" {
		t.Fatalf("claimed %+v", d)
	}
	if p := d.Current(); p.Point != at || p.Comune != "058091" || p.Zone != "Municipio I" || p.Uncertain {
		t.Errorf("placed %+v", p)
	}
	r.use(access.ErrBadClaim, code, access.Installation{DeviceID: "bin-2", At: &geo.Point{Lat: 40, Lon: 12.5}}) // elsewhere: no use is lost
	r.use(access.ErrBadClaim, code, access.Installation{DeviceID: "Bin 2"})
	r.use(access.ErrBadClaim, code, access.Installation{DeviceID: "bin-2", Serial: "AB-12"})
	if d := r.use(nil, code, access.Installation{DeviceID: "bin-2"}); d == nil || !d.Current().Uncertain {
		t.Errorf("without a position: %+v", d)
	}
	r.use(access.ErrNoClaim, code, access.Installation{DeviceID: "bin-3"}) // used up
	if list := r.List(); len(list) != 1 || list[0].Used != 2 {
		t.Errorf("listed %+v", list)
	}
	again, err := access.OpenClaims(t.Context(), r.options()) // after a restart
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Check(code, here()); !errors.Is(err, access.ErrNoClaim) {
		t.Errorf("used up, after a restart: %v", err)
	}
	if n := len(r.trail.entries); n != 1 || r.trail.entries[0].Action != "claim.create" || strings.Contains(fmt.Sprint(r.trail.entries), code) {
		t.Errorf("audit log is %+v", r.trail.entries)
	}
}

// A device that enrolled by itself and waits is placed and approved by the code
// of its comune and kind; none else is touched.
func TestClaimOfWhatIsThere(t *testing.T) {
	waits, mouse, gone := device("bin-1", devices.Bin, "058091"), device("air-1", devices.Air, "058091"), device("bin-8", devices.Bin, "058091")
	away, works := device("bin-9", devices.Bin, "015146"), device("bin-7", devices.Bin, "058091")
	waits.Pending, mouse.Pending, away.Pending, gone.Pending, gone.Retired = true, true, true, true, true
	waits.SecretHash = "h"
	r := newClaims(t, waits, mouse, away, works, gone)
	code, _ := r.create(func(c *access.Claim) { c.Approve, c.Uses = true, 9 })
	at := geo.Point{Lat: 41.95, Lon: 12.55}
	if d := r.use(nil, code, access.Installation{DeviceID: "bin-1", At: &at}); d == nil || d.Pending || d.SecretHash != "h" || d.Current().Point != at {
		t.Errorf("claimed %+v", d)
	}
	for _, id := range []string{"bin-1", "air-1", "bin-9", "bin-7", "bin-8"} {
		r.use(access.ErrBadClaim, code, access.Installation{DeviceID: id, At: &at})
	}
	if d := r.use(nil, code, access.Installation{DeviceID: "bin-new", At: &at}); d == nil || d.Pending {
		t.Errorf("approved at once: %+v", d)
	}
}

func TestClaimsEnd(t *testing.T) {
	r := newClaims(t)
	code, made := r.create(nil)
	if _, err := r.Revoke(t.Context(), "bea", made.ID); err != nil {
		t.Fatal(err)
	}
	r.use(access.ErrNoClaim, code, access.Installation{DeviceID: "bin-1"})
	if _, err := r.Revoke(t.Context(), "bea", made.ID); !errors.Is(err, access.ErrNoClaim) {
		t.Errorf("revoked twice: %v", err)
	}
	code, _ = r.create(nil)
	r.clock.at = r.clock.at.Add(time.Hour)
	r.use(access.ErrNoClaim, code, access.Installation{DeviceID: "bin-1"})
	if r.registry.Snapshot().Len() != 0 {
		t.Error("a void code made a device")
	}
}

// Codes cannot be tried out; who has a right one is not let in either until the
// throttle forgets, and other addresses are not disturbed.
func TestCodesCannotBeGuessed(t *testing.T) {
	r := newClaims(t)
	code, _ := r.create(nil)
	for range 20 {
		r.use(access.ErrNoClaim, "AAAA-AAAA-AAAA", access.Installation{DeviceID: "bin-1"})
	}
	r.use(access.ErrThrottled, code, access.Installation{DeviceID: "bin-1"})
	if _, err := r.Check(code, netip.MustParseAddr("198.51.100.4")); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	r.clock.at = r.clock.at.Add(10 * time.Second)
	r.use(nil, code, access.Installation{DeviceID: "bin-1"})
}

func TestBadClaims(t *testing.T) {
	r := newClaims(t)
	f := func(says string, change func(*access.Claim)) {
		t.Helper()
		wanted := r.claim()
		change(&wanted)
		if _, _, err := r.Create(t.Context(), "anna", wanted); !errors.Is(err, access.ErrBadClaim) || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", wanted, err, says)
		}
	}
	f("name", func(c *access.Claim) { c.Name = "" })
	f("name", func(c *access.Claim) { c.Name = "a\nb" })
	f("comune", func(c *access.Claim) { c.Comune = "58091" })
	f("kind", func(c *access.Claim) { c.Kind = "tree" })
	f("model", func(c *access.Claim) { c.Model = strings.Repeat("x", 101) })
	f("1 to", func(c *access.Claim) { c.Uses = 0 })
	f("1 to", func(c *access.Claim) { c.Uses = 10_001 })
	f("year", func(c *access.Claim) { c.Expires = r.clock.at })
	f("year", func(c *access.Claim) { c.Expires = r.clock.at.Add(400 * 24 * time.Hour) })
	if _, err := access.OpenClaims(t.Context(), access.ClaimOptions{}); err == nil {
		t.Error("opened without partners")
	}
}

// What cannot be written was not done, and says so.
func TestClaimsWhenStoresFail(t *testing.T) {
	r := newClaims(t)
	code, _ := r.create(nil)
	r.trail.fail = errStore
	if _, _, err := r.Create(t.Context(), "anna", r.claim()); !errors.Is(err, errStore) || len(r.List()) != 1 {
		t.Errorf("without the audit log: %v, %+v", err, r.List())
	}
	r.trail.fail, r.store.fail = nil, access.ErrClaimChanged
	r.use(access.ErrClaimChanged, code, access.Installation{DeviceID: "bin-1"})
	r.store.fail, r.registry.fail = nil, errStore
	r.use(errStore, code, access.Installation{DeviceID: "bin-1"})
	if r.registry.Snapshot().Len() != 0 {
		t.Error("a device was registered")
	}
}

// However many use a code at once, it makes no more devices than it is for.
func TestClaimedAtOnce(t *testing.T) {
	r := newClaims(t)
	code, _ := r.create(func(c *access.Claim) { c.Uses = 5 })
	var callers sync.WaitGroup
	for i := range 20 {
		callers.Go(func() {
			_, err := r.Use(t.Context(), code, here(), access.Installation{DeviceID: fmt.Sprint("bin-", i)})
			if err != nil && !errors.Is(err, access.ErrNoClaim) {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if n := r.registry.Snapshot().Len(); n != 5 {
		t.Errorf("%d devices by a code for 5", n)
	}
}
