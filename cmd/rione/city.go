package main

import (
	"bytes"
	"math"
	"slices"

	"rione/geo"
	"rione/simulator"
)

// demoSeed makes the demo city the same everywhere.
const demoSeed = 1

// cityOptions describe a simulated city over the given comuni. Its devices' ids
// begin with prefix, so that two cities in one registry are two.
func cityOptions(prefix string, n int, seed uint64, comuni []geo.Comune, formats ...string) simulator.CityOptions {
	zones := geo.NewIndex(schematicZones(comuni))
	o := simulator.CityOptions{
		Seed: seed, Devices: n, Prefix: prefix, Formats: formats,
		ZoneOf: func(comune string, p geo.Point) string { return zones.ZoneIn(comune, p) },
	}
	for _, c := range comuni {
		o.Comuni = append(o.Comuni, simulator.Place{
			Code: c.Code, Name: c.Name, Lat: c.Point.Lat, Lon: c.Point.Lon, Population: c.Population,
			Radius: 500 * math.Sqrt(c.AreaKM2/math.Pi), // half of a disc of that area: well inside
		})
	}
	return o
}

// demoNetwork is the public Wi-Fi of the demo, where the configuration lists
// no other one.
const demoNetwork = "WiFi-Comune"

// demoCity is the city of `rione up --demo`.
func demoCity(network string) (*simulator.City, error) {
	o := cityOptions("demo", demoDevices, demoSeed, demoComuni(), "native", "senml", "chirpstack")
	o.Network = network
	for i := range o.Comuni {
		o.Comuni[i].Population = demoWeight(o.Comuni[i].Code)
	}
	return simulator.NewCity(o)
}

// demoWeight gives each initiative the same part of the demo city, whatever the
// population of its comuni.
func demoWeight(code string) int {
	comuni, weight := demoComuni(), 0
	for _, c := range comuni {
		if c.Code != code {
			continue
		}
		for _, initiative := range c.Initiatives {
			of := 0
			for _, other := range comuni {
				if slices.Contains(other.Initiatives, initiative) {
					of++
				}
			}
			weight += 1_000_000 / of
		}
	}
	return weight
}

// demoComuni are the comuni of the initiatives whose population is known.
func demoComuni() []geo.Comune {
	var out []geo.Comune
	for _, c := range geo.Comuni() {
		if c.Population > 0 {
			out = append(out, c)
		}
	}
	return out
}

func schematicZones(comuni []geo.Comune) []geo.Area {
	var out []geo.Area
	for _, c := range comuni {
		out = append(out, geo.SchematicZones(c)...)
	}
	return out
}

// registryFile returns the city's devices as the registry imports them.
func registryFile(c *simulator.City) ([]byte, error) {
	var b bytes.Buffer
	err := c.WriteCSV(&b)
	return b.Bytes(), err
}
