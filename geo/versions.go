package geo

// Merge returns have with the areas of add put in.
func Merge(have, add []Area) []Area { return append(have[:len(have):len(have)], add...) }
