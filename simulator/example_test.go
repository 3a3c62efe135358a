package simulator_test

import (
	"fmt"
	"os"
	"strings"

	"rione/simulator"
)

// A city is made of a seed and of places, and is registered by its CSV file.
func ExampleCity_WriteCSV() {
	city, err := simulator.NewCity(simulator.CityOptions{
		Seed: 1, Devices: 3, Comuni: []simulator.Place{{Code: "046007", Name: "Capannori", Lat: 43.87, Lon: 10.57, Zones: []string{"Marlia"}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var file strings.Builder
	if err := city.WriteCSV(&file); err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range strings.SplitN(file.String(), "\n", 4)[:3] {
		fmt.Fprintln(os.Stdout, strings.Join(strings.Split(line, ",")[:5], ","))
	}
	// Output:
	// device_id,kind,comune,zone,name
	// sim-ap-046007-0001,wifi_ap,046007,Marlia,Wi-Fi Capannori 1
	// sim-line-046007-0001,bb_node,046007,Marlia,Linea Capannori 1
}
