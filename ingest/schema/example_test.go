package schema_test

import (
	"fmt"
	"time"

	"rione/ingest/schema"
)

func ExampleLookup() {
	f := schema.Lookup("air").Field("pm10_ugm3")
	fmt.Println(f.Name, f.Type, f.Unit, f.Min, f.Max)
	fmt.Println(schema.Lookup("air").Tag("grade").Values)
	// Output:
	// pm10_ugm3 float ug/m3 0 3000
	// [reference indicative]
}

// The day on which clocks go back has 25 hours.
func ExampleLevel_Start() {
	start := schema.Day.Start(time.Date(2026, 10, 25, 12, 0, 0, 0, time.UTC))
	fmt.Println(start, schema.Day.Next(start).Sub(start))
	// Output: 2026-10-24 22:00:00 +0000 UTC 25h0m0s
}

// A chart of a day is made of quarters of an hour, one of a month of hours; one of
// an hour a year ago of quarters too, since readings are not kept that long.
func ExampleChoose() {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	keep := schema.Retention{Raw: 90 * 24 * time.Hour}
	fmt.Println(schema.Choose(now.AddDate(0, 0, -1), now, now, keep))
	fmt.Println(schema.Choose(now.AddDate(0, -1, 0), now, now, keep))
	fmt.Println(schema.Choose(now.AddDate(-1, 0, 0), now.AddDate(-1, 0, 0).Add(time.Hour), now, keep))
	// Output:
	// 15m
	// 1h
	// 15m
}

func ExampleRollup() {
	hourly := schema.Rollup(schema.Lookup("weather"), schema.Hour)
	fmt.Println(hourly.Name)
	for _, f := range hourly.Fields {
		if f.Name == "rain_mm_sum" || f.Name == "wind_deg_r" {
			fmt.Printf("%s %s %q\n", f.Name, f.Type, f.Unit)
		}
	}
	// Output:
	// weather_1h
	// wind_deg_r float ""
	// rain_mm_sum float "mm"
}
