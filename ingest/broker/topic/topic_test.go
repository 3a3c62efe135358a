package topic

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestValidName(t *testing.T) {
	f := func(name string, want bool) {
		t.Helper()
		if got := ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %v", name, got)
		}
	}
	f("a/b", true)
	f("/", true)
	f("città", true)
	f("", false)
	f("a/+", false)
	f("a#", false)
}

func TestValidFilter(t *testing.T) {
	f := func(filter string, want bool) {
		t.Helper()
		if got := ValidFilter(filter); got != want {
			t.Errorf("ValidFilter(%q) = %v", filter, got)
		}
	}
	f("#", true)
	f("+", true)
	f("+/+/#", true)
	f("/#", true)
	f("a//b", true)
	f("", false)
	f("a#", false)
	f("#/a", false)
	f("a/#/", false)
	f("a+", false)
	f("+a/b", false)
}

func TestShared(t *testing.T) {
	for filter, want := range map[string]bool{"$share/g/a": true, "$share": true, "$shared/a": false, "a/$share": false} {
		if got := Shared(filter); got != want {
			t.Errorf("Shared(%q) = %v", filter, got)
		}
	}
}

// matches is the rule of the specification, level by level.
func matches(filter, name string) bool {
	f, n := strings.Split(filter, "/"), strings.Split(name, "/")
	if strings.HasPrefix(name, "$") && (f[0] == "+" || f[0] == "#") {
		return false
	}
	for i, level := range f {
		switch {
		case level == "#":
			return true
		case i == len(n), level != "+" && level != n[i]:
			return false
		}
	}
	return len(f) == len(n)
}

func TestMatchesExamplesOfTheSpecification(t *testing.T) {
	f := func(filter, name string, want bool) {
		t.Helper()
		var tree Tree[string]
		tree.Set(filter, filter)
		got := false
		tree.Filters(name, func(string) bool { got = true; return true })
		if got != want {
			t.Errorf("%q and %q: %v", filter, name, got)
		}
	}
	f("sport/tennis/player1/#", "sport/tennis/player1", true)
	f("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)
	f("sport/#", "sport", true)
	f("sport/+", "sport", false)
	f("sport/+", "sport/", true)
	f("+/+", "/finance", true)
	f("/+", "/finance", true)
	f("+", "/finance", false)
	f("#", "$SYS/x", false)
	f("+/monitor/Clients", "$SYS/monitor/Clients", false)
	f("$SYS/#", "$SYS/x", true)
	f("$SYS/monitor/+", "$SYS/monitor/Clients", true)
}

// TestTreeAgainstTheRule compares both walks with the rule, on random topics
// and filters that are added and taken away.
func TestTreeAgainstTheRule(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	path := func(levels []string) string {
		list := make([]string, 1+random.IntN(4))
		for i := range list {
			list[i] = levels[random.IntN(len(levels))]
		}
		return strings.Join(list, "/")
	}
	names, filters := map[string]bool{}, map[string]bool{}
	var nameTree, filterTree Tree[string]
	change := func(tree *Tree[string], held map[string]bool, p string) {
		if random.IntN(3) == 0 {
			delete(held, p)
			tree.Delete(p)
		} else {
			held[p] = true
			tree.Set(p, p)
		}
		if _, ok := tree.Get(p); ok != held[p] {
			t.Fatalf("Get(%q) = %v", p, ok)
		}
	}
	for range 3000 {
		if name := path([]string{"a", "b", "", "$x"}); name != "" {
			change(&nameTree, names, name)
			compare(t, name, filters, func(filter string) bool { return matches(filter, name) }, func(add func(string)) {
				filterTree.Filters(name, func(f string) bool { add(f); return true })
			})
		}
		if filter := path([]string{"a", "b", "+", "", "#", "$x"}); ValidFilter(filter) {
			change(&filterTree, filters, filter)
			compare(t, filter, names, func(name string) bool { return matches(filter, name) }, func(add func(string)) {
				nameTree.Topics(filter, add)
			})
		}
	}
	for p := range filters {
		filterTree.Delete(p)
	}
	if len(filterTree.root.below) > 0 {
		t.Error("an empty tree keeps nodes")
	}
}

func compare(t *testing.T, of string, among map[string]bool, rule func(string) bool, walk func(add func(string))) {
	t.Helper()
	var want, got []string
	for p := range among {
		if rule(p) {
			want = append(want, p)
		}
	}
	walk(func(p string) { got = append(got, p) })
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%q among %q: got %q, want %q", of, slices.Collect(maps.Keys(among)), got, want)
	}
}

func BenchmarkFilters(b *testing.B) {
	var tree Tree[int]
	for _, filter := range []string{"#", "sc/+/058091/#", "sc/v1/058091/air/+/up", "sc/v1/+/+/x/cmd/+"} {
		tree.Set(filter, 1)
	}
	b.ReportAllocs()
	for b.Loop() {
		tree.Filters("sc/v1/058091/air/air-1/up", func(int) bool { return true })
	}
}
