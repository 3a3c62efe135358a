package quantity_test

import (
	"fmt"

	"rione/ingest/quantity"
)

func ExampleToField() {
	ppb, _ := quantity.Parse("ppb")
	v, assumed, err := quantity.ToField(21.5, ppb, "no2_ugm3", "ug/m3", nil)
	fmt.Printf("%.1f µg/m³, reference assumed: %v, %v\n", v, assumed, err)
	// Output: 41.1 µg/m³, reference assumed: true, <nil>
}
