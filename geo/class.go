package geo

// PopulationClass is a class of administrations of like size, which can be
// compared with each other.
type PopulationClass struct {
	Name string // one letter, "a" for the smallest
	Most int    // inhabitants that its largest has, 0 no bound
}

// PopulationClasses returns the classes that ANCI and ISTAT use, smallest first.
func PopulationClasses() []PopulationClass {
	return []PopulationClass{{"a", 5_000}, {"b", 10_000}, {"c", 20_000}, {"d", 60_000}, {"e", 250_000}, {"f", 0}}
}

// ClassOf returns the place among PopulationClasses of an administration with so
// many inhabitants, and whether it has one: of 0 inhabitants nothing is known.
func ClassOf(population int) (index int, known bool) {
	classes := PopulationClasses()
	for index < len(classes)-1 && population > classes[index].Most {
		index++
	}
	return index, population > 0
}
