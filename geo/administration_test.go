package geo

import (
	"slices"
	"strings"
	"testing"
)

// The community is 24 administrations: 21 comuni and 3 unions.
func TestAdministrations(t *testing.T) {
	all := Administrations("anci")
	unions, comuni := 0, 0
	for i, a := range all {
		if i > 0 && all[i-1].Name >= a.Name {
			t.Errorf("%s stands after %s", a.Name, all[i-1].Name)
		}
		if a.Union {
			unions++
		}
		if a.Union == (len(a.Comuni) == 1) || a.Population <= 0 || !slices.IsSorted(a.Comuni) {
			t.Errorf("%s: union %v of %v, %d inhabitants", a.Name, a.Union, a.Comuni, a.Population)
		}
		comuni += len(a.Comuni)
	}
	if len(all) != 24 || unions != 3 || comuni != 110 {
		t.Errorf("%d administrations, %d of them unions, %d comuni", len(all), unions, comuni)
	}
	if got := Administrations("roma"); len(got) != 1 || got[0].Name != "Roma" || got[0].Population != 2_750_000 || got[0].Union {
		t.Errorf("Roma is %+v", got)
	}
	if got := Administrations("nobody"); len(got) != 0 {
		t.Errorf("nobody is %+v", got)
	}
}

func TestUnionsThatAreWrong(t *testing.T) {
	f := func(line string) {
		t.Helper()
		if _, err := parseUnions("# source\nheader\n" + line + "\n"); err == nil {
			t.Errorf("accepted %q", line)
		}
	}
	if got, err := parseUnions("# source\nheader\nCELVA\t123000"); err != nil || got["CELVA"] != 123000 {
		t.Errorf("%v, %v", got, err)
	}
	f("CELVA")
	f("CELVA\tmany")
	f("CELVA\t0")
	f("\t100")
}

// Each union that the table of comuni names has a population, and no other.
func TestUnionsAreThoseOfComuni(t *testing.T) {
	named := map[string]bool{}
	for _, c := range Comuni() {
		if c.Union != "" {
			named[c.Union] = true
		}
	}
	for name := range named {
		if unionTable()[name] == 0 {
			t.Errorf("%s has no population", name)
		}
	}
	if len(unionTable()) != len(named) {
		t.Errorf("%d unions have a population, %d are named", len(unionTable()), len(named))
	}
}

func TestPopulationClasses(t *testing.T) {
	f := func(population int, want string) {
		t.Helper()
		i, known := ClassOf(population)
		if !known || PopulationClasses()[i].Name != want {
			t.Errorf("%d is of class %d, %v, want %s", population, i, known, want)
		}
	}
	f(1, "a")
	f(5_000, "a")
	f(5_001, "b")
	f(10_001, "c")
	f(20_001, "d")
	f(60_000, "d")
	f(250_000, "e")
	f(250_001, "f")
	f(9_000_000, "f")
	for _, nobody := range []int{0, -1} {
		if _, known := ClassOf(nobody); known {
			t.Errorf("%d inhabitants have a class", nobody)
		}
	}
	var names strings.Builder
	for _, c := range PopulationClasses() {
		names.WriteString(c.Name)
	}
	if names.String() != "abcdef" {
		t.Errorf("classes %s", names.String())
	}
}
