package geo

import (
	_ "embed" // comuni.tsv
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Comune is a municipality of Italy, as ISTAT lists it.
type Comune struct {
	Code        string // ISTAT code, six digits
	Name        string
	Province    string   // two letters
	Region      string   //
	Point       Point    // a point inside the comune, not its centroid
	AreaKM2     float64  //
	Population  int      // rounded, 0 unknown
	Initiatives []string // ids of the initiatives that name it, at least one
	Union       string   // union of comuni that it belongs to, "" none
}

//go:embed comuni.tsv
var comuniTSV string

// comuniTable is parsed on first use. The table is part of the program, so a
// line that does not parse is a programmer's error.
var comuniTable = sync.OnceValue(func() []Comune {
	table, err := parseComuni(comuniTSV)
	if err != nil {
		panic("geo: comuni.tsv: " + err.Error())
	}
	return table
})

// Comuni returns the comuni that the shipped initiatives name, ordered by code.
// Italy has some 7,900; the others are known by the boundaries that an operator
// imports. The slice is shared and must not be changed.
func Comuni() []Comune { return comuniTable() }

// ComuneByCode returns the comune of that ISTAT code, if the table has it.
func ComuneByCode(code string) (Comune, bool) {
	table := comuniTable()
	i, ok := slices.BinarySearchFunc(table, code, func(c Comune, code string) int { return strings.Compare(c.Code, code) })
	if !ok {
		return Comune{}, false
	}
	return table[i], true
}

// parseComuni reads the table: comment lines, a header line, one comune a line.
func parseComuni(tsv string) ([]Comune, error) {
	var table []Comune
	header := true
	for line := range strings.Lines(tsv) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if header {
			header = false
			continue
		}
		c, err := parseComune(line)
		if err != nil {
			return nil, err
		}
		table = append(table, c)
	}
	slices.SortFunc(table, func(a, b Comune) int { return strings.Compare(a.Code, b.Code) })
	return table, nil
}

// parseComune reads one line of the table.
func parseComune(line string) (Comune, error) {
	f := strings.Split(line, "\t")
	if len(f) != 10 {
		return Comune{}, fmt.Errorf("%q has %d columns, not 10", line, len(f))
	}
	c := Comune{Code: f[0], Name: f[1], Province: f[2], Region: f[3], Initiatives: strings.Split(f[7], ",")}
	if f[8] != "-" {
		c.Union = f[8]
	}
	var err error
	if c.Point, err = ParsePoint(f[4] + "," + f[5]); err != nil {
		return Comune{}, err
	}
	if c.AreaKM2, err = strconv.ParseFloat(f[6], 64); err != nil {
		return Comune{}, err
	}
	if f[9] != "" {
		if c.Population, err = strconv.Atoi(f[9]); err != nil {
			return Comune{}, err
		}
	}
	return c, CheckCode(c.Code)
}
