package sensorthings

// kind is a set of entities.
type kind uint8

// The kinds of entities (OGC 18-088, clause 8.2).
const (
	things kind = iota
	locations
	historicalLocations
	datastreams
	sensors
	observedProperties
	observations
	features
	kindCount
)

// relation leads from one kind of entity to another.
type relation struct {
	name string
	to   kind
	many bool
}

// kindInfo describes a kind.
type kindInfo struct {
	set        string // name of the set, such as Things
	properties []string
	relations  []relation
}

//nolint:gochecknoglobals // a table that nobody changes
var kinds = [kindCount]kindInfo{
	things:              {"Things", []string{"name", "description", "properties"}, []relation{{"Locations", locations, true}, {"HistoricalLocations", historicalLocations, true}, {"Datastreams", datastreams, true}}},
	locations:           {"Locations", []string{"name", "description", "encodingType", "location", "properties"}, []relation{{"Things", things, true}, {"HistoricalLocations", historicalLocations, true}}},
	historicalLocations: {"HistoricalLocations", []string{"time"}, []relation{{"Thing", things, false}, {"Locations", locations, true}}},
	datastreams: {"Datastreams", []string{"name", "description", "observationType", "unitOfMeasurement", "observedArea", "phenomenonTime", "resultTime", "properties"},
		[]relation{{"Thing", things, false}, {"Sensor", sensors, false}, {"ObservedProperty", observedProperties, false}, {"Observations", observations, true}}},
	sensors:            {"Sensors", []string{"name", "description", "encodingType", "metadata", "properties"}, []relation{{"Datastreams", datastreams, true}}},
	observedProperties: {"ObservedProperties", []string{"name", "definition", "description", "properties"}, []relation{{"Datastreams", datastreams, true}}},
	observations:       {"Observations", []string{"phenomenonTime", "resultTime", "result", "parameters"}, []relation{{"Datastream", datastreams, false}, {"FeatureOfInterest", features, false}}},
	features:           {"FeaturesOfInterest", []string{"name", "description", "encodingType", "feature", "properties"}, []relation{{"Observations", observations, true}}},
}

// kindOf returns the kind of that set.
func kindOf(set string) (kind, bool) {
	for k := range kinds {
		if kinds[k].set == set {
			return kind(k), true
		}
	}
	return 0, false
}

// relation returns the relation of that name, false when the kind has none.
func (k kind) relation(name string) (relation, bool) {
	for _, r := range kinds[k].relations {
		if r.name == name {
			return r, true
		}
	}
	return relation{}, false
}

// has tells whether entities of the kind have a property.
func (k kind) has(property string) bool {
	for _, p := range kinds[k].properties {
		if p == property {
			return true
		}
	}
	return property == "id" || property == "@iot.id" || property == "@iot.selfLink"
}
