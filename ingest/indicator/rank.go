package indicator

import (
	"fmt"
	"slices"
)

// Rank says that an indicator is where a comune, or an administration, stands among
// those of its class of population, by another indicator of the same initiative.
type Rank struct {
	Of     string // id of the other indicator
	Rising bool   // more of it is better
}

func (k *Rank) validate(d *Definition) error {
	switch {
	case k.Of == "" || k.Of == d.ID:
		return fmt.Errorf("rank of %q: name another indicator", k.Of)
	case d.Live != nil:
		return fmt.Errorf("it is both ranked and told by devices")
	}
	return nil
}

// ranks returns the percentile rank of each comune or administration within its class: the share
// of the class that it does better than, those that are equal (itself too)
// counted as half. Alone in a class it is 50.
// Source: the percentile rank by mid-ranks, as scipy.stats.percentileofscore gives
// it with kind='mean'.
func (d *Definition) ranks(figures []Fact, classOf func(place) string) []Fact {
	classes := map[string][]Fact{}
	for _, f := range figures {
		own := f.Initiative == d.Initiative && f.ID == d.Rank.Of && d.compares(&f)
		if class := classOf(f.place()); own && class != "" {
			classes[class] = append(classes[class], f)
		}
	}
	var out []Fact
	for _, members := range classes {
		for _, f := range members {
			out = append(out, d.at(f.place(), d.Rank.percentile(f.Value, members)))
		}
	}
	return out
}

// compares tells whether a figure is of a comune, or of an administration, that
// stands among the others.
func (d *Definition) compares(f *Fact) bool {
	if d.Split == ByAdministration {
		return f.Subject != "" && f.Zone == ""
	}
	return f.Subject == "" && f.Zone == "" && slices.Contains(d.Comuni, f.Comune)
}

func (k *Rank) percentile(value float64, class []Fact) float64 {
	var better, equal float64
	for _, other := range class {
		switch {
		case other.Value == value:
			equal++
		case (other.Value < value) == k.Rising:
			better++
		}
	}
	return 100 * (better + equal/2) / float64(len(class))
}
