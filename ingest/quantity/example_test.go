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

func ExampleConvert() {
	fahrenheit, _ := quantity.Parse("degF")
	v, err := quantity.Convert(71.6, fahrenheit, "Cel")
	fmt.Println(v, err)
	_, err = quantity.Convert(71.6, fahrenheit, "hPa")
	fmt.Println(err)
	// Output:
	// 22 <nil>
	// unit is of another quantity than the field
}

func ExampleNearest() {
	fmt.Println(quantity.Nearest("celsiu"))
	fmt.Println(quantity.Nearest("furlong"))
	// Output:
	// celsius true
	//  false
}

func ExampleBand() {
	pm25, _ := quantity.Band("pm25_ugm3", 15)
	no2, _ := quantity.Band("no2_ugm3", 61)
	_, covered := quantity.Band("co2_ppm", 400)
	fmt.Println(pm25, no2, quantity.Worst(pm25, no2), covered)
	// Output: 2 4 4 false
}

// The mean of a quiet and a loud minute is nearly the loud one.
func ExampleEnergeticMean() {
	fmt.Printf("%.1f dB\n", quantity.EnergeticMean(50, 70))
	fmt.Printf("%.1f dB\n", quantity.EnergeticMeanOver([]float64{50, 70}, []float64{9, 1}))
	// Output:
	// 67.0 dB
	// 60.4 dB
}
