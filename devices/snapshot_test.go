package devices_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rione/devices"
)

func TestResolve(t *testing.T) {
	air, gone := device(t, "air-1"), device(t, "air-2")
	air.ExternalID = "a84041000001"
	gone.ExternalID, gone.Retired = "a84041000002", true
	s := snapshot(t, air, gone)
	f := func(identity, want string) {
		t.Helper()
		got := ""
		if d := s.Resolve(identity); d != nil {
			got = d.ID
		}
		if got != want {
			t.Errorf("Resolve(%q) is %q, want %q", identity, got, want)
		}
	}
	f("air-1", "air-1")
	f("a84041000001", "air-1")
	f("A84041000001", "air-1")
	f("air-2", "")
	f("a84041000002", "")
	f("", "")
	f("stranger", "")
	if s.Device("air-2") == nil || s.Device("stranger") != nil || s.Len() != 2 {
		t.Error("Device does not find what is there, or finds what is not")
	}
	var empty devices.Snapshot
	if empty.Resolve("air-1") != nil || empty.Device("air-1") != nil || empty.Len() != 0 {
		t.Error("the zero snapshot holds something")
	}
}

func TestIdentitiesAreUnique(t *testing.T) {
	base := device(t, "air-1")
	base.ExternalID = "serial-1"
	retired := device(t, "air-2")
	retired.ExternalID, retired.Retired = "serial-2", true
	s := snapshot(t, base, retired)
	f := func(name string, ok bool, put ...devices.Device) {
		t.Helper()
		_, err := s.With(2, devices.ChangeSet{Put: put})
		var taken *devices.TakenError
		if ok && err != nil || !ok && !errors.As(err, &taken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	as := func(id, external string) devices.Device {
		d := device(t, id)
		d.ExternalID = external
		return d
	}
	f("another's external identity", false, as("air-3", "serial-1"))
	f("one external identity twice", false, as("air-3", "serial-3"), as("air-4", "serial-3"))
	f("another's id as external identity", false, as("air-3", "air-1"))
	f("an id of the same set", false, as("air-3", "air-4"), as("air-4", ""))
	f("an external identity as id", false, as("serial-1", ""))
	f("its own again", true, as("air-1", "serial-1"))
	f("its own id", true, as("air-1", "air-1"))
	f("swapped in one set", true, as("air-1", "serial-3"), as("air-3", "serial-1"))
	f("of a retired one", true, as("air-3", "serial-2"))
	f("given up in the set", true, as("air-1", ""), as("serial-1", ""))
	back := retired
	back.Retired = false
	f("retired one returns while free", true, back)
	f("retired one returns while taken", false, back, as("air-3", "serial-2"))
}

func TestNewSnapshotRefuses(t *testing.T) {
	f := func(entries ...devices.Device) {
		t.Helper()
		if _, err := devices.NewSnapshot(1, entries); err == nil {
			t.Error("accepted")
		}
	}
	f(device(t, "air-1"), device(t, "air-1"))
	f(devices.Device{ID: "air-1"})
}

// Numbers are without gaps, stay through changes of any kind, and are the same
// by id and by external identity.
func TestNumbersStay(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	s, numbers := &devices.Snapshot{}, map[string]int{}
	for revision := uint64(1); revision <= 100; revision++ {
		var c devices.ChangeSet
		for _, i := range random.Perm(300)[:random.IntN(8)+1] {
			d := device(t, fmt.Sprintf("dev-%03d", i))
			d.ExternalID = fmt.Sprintf("serial-%03d", i+1000*random.IntN(2))
			d.Name = fmt.Sprint(revision)
			c.Put = append(c.Put, d)
		}
		var err error
		if s, err = s.With(revision, c); err != nil {
			t.Fatal(err)
		}
		seen := make([]bool, s.Len())
		for _, d := range s.All() {
			found, n := s.Find(d.ID)
			if known, ok := numbers[d.ID]; found != d || n < 0 || n >= s.Len() || seen[n] || ok && n != known {
				t.Fatalf("%s has the number %d of %d, had %v", d.ID, n, s.Len(), known)
			}
			seen[n], numbers[d.ID] = true, n
			if again, m := s.Find(strings.ToUpper(d.ExternalID)); again != d || m != n {
				t.Fatalf("%s is %v, number %d; want %s, %d", d.ExternalID, again, m, d.ID, n)
			}
		}
	}
	if d, n := s.Find("nobody"); d != nil || n != 0 {
		t.Errorf("nobody is %v, %d", d, n)
	}
}

// Whom Find returns for an id is expected too, and so are those whom it does not
// return, as far as they are in the registry: whether they are in service is asked
// later. Through changes it is the entry of now.
func TestExpect(t *testing.T) {
	var list []devices.Device
	for i := range 3000 {
		d := device(t, fmt.Sprintf("dev-%04d", i))
		d.Retired, d.Pending = i%10 == 0, i%10 == 1
		list = append(list, d)
	}
	s := snapshot(t, list...)
	s, err := s.With(s.Revision+1, devices.ChangeSet{Put: []devices.Device{device(t, "dev-0007"), device(t, "dev-3000")}})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 3001 {
		ids = append(ids, fmt.Sprintf("dev-%04d", i))
	}
	found := make([]devices.Expected, len(ids))
	s.Expect(ids, found)
	others := 0 // of the same hash
	for i, e := range found {
		if e.Device == nil {
			t.Fatalf("nobody is expected for %s", ids[i])
		}
		if e.Device.ID != ids[i] {
			others++
			continue
		}
		if e.Device != s.Device(ids[i]) {
			t.Errorf("%s is expected as it was before", ids[i])
		}
		if d, number := s.Find(ids[i]); d != nil && number != e.Number {
			t.Errorf("%s has the number %d, expected is %d", ids[i], number, e.Number)
		}
	}
	if others > 3 {
		t.Errorf("%d of %d are expected to be others", others, len(ids))
	}
}

// Nobody is expected of a registry without devices, whatever stood in the answer
// before.
func TestExpectNobody(t *testing.T) {
	for _, s := range []*devices.Snapshot{{}, snapshot(t)} {
		found := []devices.Expected{{Device: &devices.Device{}, Number: 5}, {Number: 6}}
		if s.Expect([]string{"dev-0001", ""}, found); found[0].Device != nil || found[1].Device != nil || found[0].Number != 0 || found[1].Number != 0 {
			t.Errorf("expected are %+v", found)
		}
		s.Expect(nil, nil)
	}
}

// A chain of changes must give what a registry built at once gives, and leave
// every snapshot before as it was.
func TestWithAgreesWithABuildFromScratch(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	truth := map[string]devices.Device{}
	s := &devices.Snapshot{}
	for revision := uint64(1); revision <= 300; revision++ {
		before, all := s, slices.Clone(s.All())
		var c devices.ChangeSet
		for _, i := range random.Perm(400)[:random.IntN(5)+1] {
			d := device(t, fmt.Sprintf("dev-%03d", i))
			d.ExternalID = fmt.Sprintf("serial-%03d", i+1000*random.IntN(2))
			d.Retired = random.IntN(4) == 0
			d.Revision = revision
			truth[d.ID] = d
			c.Put = append(c.Put, d)
		}
		var err error
		if s, err = s.With(revision, c); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(before.All(), all) {
			t.Fatal("the snapshot before changed")
		}
	}
	var entries []devices.Device
	for _, d := range truth {
		entries = append(entries, d)
	}
	want, err := devices.NewSnapshot(300, entries)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.All(), want.All()) {
		t.Fatal("the chain gives another registry")
	}
	for i := range 2000 {
		for _, identity := range []string{fmt.Sprintf("dev-%03d", i), fmt.Sprintf("serial-%03d", i)} {
			if a, b := s.Resolve(identity), want.Resolve(identity); (a == nil) != (b == nil) || a != nil && a.ID != b.ID {
				t.Fatalf("%s is %v in the chain, %v from scratch", identity, a, b)
			}
		}
	}
}

func TestWithLeavesTheChangeSetAlone(t *testing.T) {
	c := devices.ChangeSet{Put: []devices.Device{device(t, "air-1")}, Time: day(1)}
	s, err := (&devices.Snapshot{}).With(7, c)
	if err != nil {
		t.Fatal(err)
	}
	c.Put[0].Placements[0].Zone = "changed later"
	if d := s.Device("air-1"); d.Placements[0].Zone != "Municipio I" || d.Revision != 7 || !d.Updated.Equal(day(1)) {
		t.Errorf("entry is %+v", d)
	}
}

func TestList(t *testing.T) {
	a, b, c := device(t, "air-1"), device(t, "bin-1"), device(t, "gone-1")
	a.Name, a.ExternalID = "Piazza Venezia", "a84041000001"
	b.Kind, b.Placements[0].Zone = devices.Bin, "Municipio II"
	c.Retired, c.Placements[0].Comune = true, "082053"
	s := snapshot(t, a, b, c)
	f := func(filter devices.Filter, want string) {
		t.Helper()
		page, next := s.List(filter)
		var ids []string
		for _, d := range page {
			ids = append(ids, d.ID)
		}
		if got := strings.TrimSpace(strings.Join(ids, " ") + " " + next); got != want {
			t.Errorf("%+v: %q, want %q", filter, got, want)
		}
		if filter.Limit == 0 && filter.Cursor == "" && s.Count(filter) != len(page) {
			t.Errorf("%+v: count is %d, the list has %d", filter, s.Count(filter), len(page))
		}
	}
	f(devices.Filter{}, "air-1 bin-1")
	f(devices.Filter{Retired: true}, "air-1 bin-1 gone-1")
	f(devices.Filter{Comune: "082053"}, "")
	f(devices.Filter{Comune: "082053", Retired: true}, "gone-1")
	f(devices.Filter{Zone: "Municipio II"}, "bin-1")
	f(devices.Filter{Kind: devices.Air}, "air-1")
	f(devices.Filter{Text: "VENEZIA"}, "air-1")
	f(devices.Filter{Text: "A84041"}, "air-1")
	f(devices.Filter{Text: "bin-"}, "bin-1")
	f(devices.Filter{Limit: 1}, "air-1 air-1")
	f(devices.Filter{Limit: 1, Cursor: "air-1"}, "bin-1")
	f(devices.Filter{Limit: 1, Cursor: "air-2"}, "bin-1") // retired from the page meanwhile
	f(devices.Filter{Limit: 2}, "air-1 bin-1")
	f(devices.Filter{Cursor: "zzz"}, "")
}

func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		s := snapshot(b, fleet(b, n)...)
		names := make([]string, 4096)
		for i := range names {
			names[i] = fmt.Sprintf("serial-%06d", rand.IntN(n))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if s.Resolve(names[i%len(names)]) == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkWithOneOf100000(b *testing.B) {
	s := snapshot(b, fleet(b, 100_000)...)
	c := devices.ChangeSet{Put: []devices.Device{device(b, "dev-050000")}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.With(2, c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListNoneOf100000(b *testing.B) {
	s := snapshot(b, fleet(b, 100_000)...)
	b.ReportAllocs()
	for b.Loop() {
		s.List(devices.Filter{Text: "nowhere", Limit: 50})
	}
}
