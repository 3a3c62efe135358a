package geo

import (
	"cmp"
	_ "embed" // unions.tsv
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Administration is a comune, or a union of comuni that acts as one.
type Administration struct {
	Name       string
	Union      bool
	Comuni     []string // ISTAT codes, in their order
	Population int      // rounded, 0 unknown
}

//go:embed unions.tsv
var unionsTSV string

// unionTable is the population of unions by name. It is part of the program, so a
// line that does not parse is a programmer's error.
var unionTable = sync.OnceValue(func() map[string]int {
	table, err := parseUnions(unionsTSV)
	if err != nil {
		panic("geo: unions.tsv: " + err.Error())
	}
	return table
})

// parseUnions reads the table: comment lines, a header line, one union a line.
func parseUnions(tsv string) (map[string]int, error) {
	table := map[string]int{}
	header := true
	for line := range strings.Lines(tsv) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if header {
			header = false
			continue
		}
		name, population, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		n, err := strconv.Atoi(population)
		if err != nil || name == "" || n <= 0 {
			return nil, fmt.Errorf("%q is no union and its population", line)
		}
		table[name] = n
	}
	return table, nil
}

// Administrations returns those that take part in an initiative, by name: the
// comuni of a union act as one.
func Administrations(initiative string) []Administration {
	var out []Administration
	for _, c := range Comuni() {
		if !slices.Contains(c.Initiatives, initiative) {
			continue
		}
		name := cmp.Or(c.Union, c.Name)
		at := slices.IndexFunc(out, func(a Administration) bool { return a.Name == name })
		if at < 0 {
			at = len(out)
			out = append(out, Administration{Name: name, Union: c.Union != "", Population: cmp.Or(unionTable()[c.Union], c.Population)})
		}
		out[at].Comuni = append(out[at].Comuni, c.Code)
	}
	slices.SortFunc(out, func(a, b Administration) int { return strings.Compare(a.Name, b.Name) })
	return out
}
