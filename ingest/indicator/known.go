package indicator

import "slices"

// withKnown adds to the facts of people that hold now what the platform itself
// knows. A fact by people wins over it from its date on: they may count what the
// platform does not see, such as data sets on a portal of their own.
func withKnown(figures, known []Fact) []Fact {
	said := slices.Clone(figures)
	for _, k := range known {
		if !slices.ContainsFunc(said, func(f Fact) bool {
			return f.Initiative == k.Initiative && f.ID == k.ID && f.place() == k.place()
		}) {
			figures = append(figures, k)
		}
	}
	return figures
}
