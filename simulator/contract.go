package simulator

import "rione/simulator/signal"

// FieldType is the type of a field in the store.
type FieldType string

// The types of fields.
const (
	Float FieldType = "float"
	Int   FieldType = "integer"
)

// Contract lists everything that the simulator can emit: measurement → field → type.
func Contract() map[string]map[string]FieldType {
	out := map[string]map[string]FieldType{}
	for measurement, fields := range signal.Contract() {
		out[measurement] = map[string]FieldType{}
		for f, integer := range fields {
			out[measurement][f] = Float
			if integer {
				out[measurement][f] = Int
			}
		}
	}
	return out
}

// ContractTags lists the extra tags of each measurement that has some.
func ContractTags() map[string][]string { return signal.Tags() }
