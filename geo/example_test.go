package geo_test

import (
	"fmt"
	"os"

	"rione/geo"
)

func ExampleIndex_Locate() {
	file, err := os.Open("testdata/comuni-roma-subset.geojson")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	areas, problems, err := geo.ReadBoundaries(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	ix := geo.NewIndex(areas)
	fmt.Println(len(areas), "areas,", len(problems), "problems")
	fmt.Printf("Colosseum %q, Vatican %q\n",
		ix.Locate(geo.Point{Lat: 41.8902, Lon: 12.4922}).Comune,
		ix.Locate(geo.Point{Lat: 41.9022, Lon: 12.4539}).Comune)
	// Output:
	// 4 areas, 0 problems
	// Colosseum "058091", Vatican ""
}

func ExampleCheckPosition() {
	fmt.Println(geo.CheckPosition(geo.Point{Lat: 12.4922, Lon: 41.8902}, "058091", nil))
	fmt.Println(geo.CheckPosition(geo.Point{Lat: 45.4384, Lon: 10.9916}, "058091", nil))
	// Output:
	// 12.4922,41.8902: latitude and longitude are swapped: write latitude 41.8902 and longitude 12.4922
	// 45.4384,10.9916: position is outside the comune: it lies at least 349.5 km outside Roma (058091); correct the position or the comune
}

func ExamplePointIndex_Within() {
	comuni := geo.NewPointIndex(geo.Comuni(), func(c geo.Comune) geo.Point { return c.Point })
	for _, near := range comuni.Within(geo.Point{Lat: 45.4342, Lon: 12.3388}, 12_000) {
		fmt.Printf("%s, %.0f km\n", near.Value.Name, near.Distance/1000)
	}
	// Output:
	// Venezia, 4 km
	// Mira, 12 km
	// Cavallino-Treporti, 12 km
}

func ExampleParsePoint() {
	p, _ := geo.ParsePoint("41.8902, 12.4922")
	fmt.Println(p)
	_, err := geo.ParsePoint("112.4922,41.8902")
	fmt.Println(err)
	// Output:
	// 41.8902,12.4922
	// position "112.4922,41.8902": latitude must be within ±90 and longitude within ±180 degrees; if latitude and longitude are swapped, write 41.8902,112.4922
}

func ExampleParsePolygon() {
	piazza, err := geo.ParsePolygon("12.472,41.898,12.474,41.898,12.474,41.9,12.472,41.9")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(piazza.Contains(geo.Point{Lat: 41.8992, Lon: 12.4731}))
	fmt.Println(piazza.Contains(geo.Point{Lat: 41.8902, Lon: 12.4922}))
	// Output:
	// true
	// false
}

func ExampleHaversine() {
	roma, venezia := geo.Point{Lat: 41.8933, Lon: 12.4829}, geo.Point{Lat: 45.4384, Lon: 12.3359}
	fmt.Printf("%.0f km\n", geo.Haversine(roma, venezia)/1000)
	// Output: 394 km
}

func ExampleComuneByCode() {
	c, known := geo.ComuneByCode("058091")
	fmt.Println(c.Name, known)
	_, known = geo.ComuneByCode("58091")
	fmt.Println(known)
	// Output:
	// Roma true
	// false
}
