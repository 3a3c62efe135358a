package geo

// SchematicZones returns labelled zones around the comune's point.
func SchematicZones(c Comune) []Area { return nil }
