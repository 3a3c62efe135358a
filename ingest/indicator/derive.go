package indicator

import (
	"errors"
	"fmt"
)

// Ratio says that an indicator is one figure divided by another, place by place,
// such as what devices cost by how many there are.
type Ratio struct {
	Of, Per string // ids of figures of the same initiative
}

func (q *Ratio) validate(d *Definition) error {
	if q.Of == "" || q.Per == "" || q.Of == d.ID || q.Per == d.ID {
		return fmt.Errorf("ratio of %q per %q: name two other figures", q.Of, q.Per)
	}
	if d.Live != nil || d.Rank != nil {
		return errors.New("a ratio is neither ranked nor told by devices")
	}
	return nil
}

// ratios divides the figures of each place. Where both are told of places only, the
// whole is the sum of the ones by the sum of the others.
func (d *Definition) ratios(figures []Fact) []Fact {
	of, per := d.byPlace(figures, d.Ratio.Of), d.byPlace(figures, d.Ratio.Per)
	var out []Fact
	var sum, by float64
	for p, n := range per {
		v, told := of[p]
		if !told || n == 0 {
			continue
		}
		out = append(out, d.at(p, v/n))
		if p != (place{}) {
			sum, by = sum+v, by+n
		}
	}
	_, whole := of[place{}]
	if _, both := per[place{}]; by != 0 && !(whole && both) {
		out = append(out, d.at(place{}, sum/by))
	}
	return out
}

// Done says that an indicator is the percent of things that are in a state: of a
// plan's actions those that are done.
type Done struct {
	Things []string // ids of figures of the same initiative, whose value is a state
	State  float64
}

// shares returns the percent of things in the state, for each place that tells of any
// thing. What a fact says of a place wins.
func (d *Definition) shares(figures []Fact) []Fact {
	told, done := d.byPlace(figures, d.ID), map[place]int{}
	for _, id := range d.Done.Things {
		for p, state := range d.byPlace(figures, id) {
			if done[p] += 0; state == d.Done.State {
				done[p]++
			}
		}
	}
	var out []Fact
	for p, n := range done {
		if _, said := told[p]; !said {
			out = append(out, d.at(p, 100*float64(n)/float64(len(d.Done.Things))))
		}
	}
	return out
}

// byPlace returns the values of a figure of the definition's initiative, those of
// single members of a union left out.
func (d *Definition) byPlace(figures []Fact, id string) map[place]float64 {
	out := map[place]float64{}
	for _, f := range figures {
		member := d.Split == ByAdministration && f.Subject == "" && f.place() != (place{})
		if f.Initiative == d.Initiative && f.ID == id && !member {
			out[f.place()] = f.Value
		}
	}
	return out
}

// whole makes the figure of the whole initiative from those of its places, where
// nothing tells it: their mean, or their sum. There is none of ranks.
func (d *Definition) whole(figures []Fact) []Fact {
	values := d.byPlace(figures, d.ID)
	if _, told := values[place{}]; told || d.Rank != nil || len(values) == 0 {
		return nil
	}
	var sum float64
	for _, v := range values {
		sum += v
	}
	if !d.Sum {
		sum /= float64(len(values))
	}
	return []Fact{d.at(place{}, sum)}
}
