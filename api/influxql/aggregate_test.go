package influxql

import (
	"testing"
	"time"

	"rione/ingest/schema"
)

// TestOffers lists what windows say of the readings behind them: nothing else may be
// answered from windows.
func TestOffers(t *testing.T) {
	folds := []schema.Fold{schema.FoldNone, schema.FoldMean, schema.FoldSum, schema.FoldEnergetic, schema.FoldCircular, schema.FoldShare, schema.FoldIncrease}
	f := func(function string, want ...schema.Fold) {
		t.Helper()
		offered := map[schema.Fold]bool{}
		for _, fold := range want {
			offered[fold] = true
		}
		for _, fold := range folds {
			if got := Offers(function, fold); got != offered[fold] {
				t.Errorf("%s of fold %d: %v", function, fold, got)
			}
		}
	}
	f("count", schema.FoldMean, schema.FoldSum, schema.FoldEnergetic, schema.FoldCircular, schema.FoldShare, schema.FoldIncrease)
	f("sum", schema.FoldMean, schema.FoldSum)
	f("min", schema.FoldMean, schema.FoldSum, schema.FoldEnergetic)
	f("max", schema.FoldMean, schema.FoldSum, schema.FoldEnergetic)
	f("mean", schema.FoldMean, schema.FoldSum, schema.FoldEnergetic, schema.FoldCircular)
	f("first")
	f("last")
	f("")
	f("drop")
}

func TestOfReadings(t *testing.T) {
	weather := mustMeasurement(t, "weather")
	f := func(function, field string, want string) {
		t.Helper()
		fold := schema.FoldOf(weather, weather.Field(field))
		if got := From(weather).OfReadings(function, field, fold).String(); got != want {
			t.Errorf("%s of %s:\n%s\nwant\n%s", function, field, got, want)
		}
	}
	f("mean", "temp_c", `SELECT mean("temp_c") AS "temp_c" FROM "weather"`)
	f("count", "wind_deg", `SELECT count("wind_deg") AS "wind_deg" FROM "weather"`)
	f("mean", "wind_deg", `SELECT 180 + atan2(mean("wind_deg s") * -1, mean("wind_deg c") * -1) / 0.017453292519943295 AS "wind_deg"`+
		` FROM (SELECT sin("wind_deg" * 0.017453292519943295) AS "wind_deg s", cos("wind_deg" * 0.017453292519943295) AS "wind_deg c" FROM "weather")`)
}

func TestOfWindows(t *testing.T) {
	f := func(function, measurement, field, want string) {
		t.Helper()
		m := mustMeasurement(t, measurement)
		fold := schema.FoldOf(m, m.Field(field))
		got := From(schema.Rollup(m, schema.Hour)).OfWindows(function, field, fold).String()
		if got != want {
			t.Errorf("%s of %s.%s:\n%s\nwant\n%s", function, measurement, field, got, want)
		}
	}
	f("count", "air", "temp_c", `SELECT sum("temp_c n") AS "temp_c" FROM (SELECT "temp_c_n" AS "temp_c n" FROM "air_1h")`)
	f("min", "air", "temp_c", `SELECT min("temp_c m") AS "temp_c" FROM (SELECT "temp_c_min" AS "temp_c m" FROM "air_1h")`)
	f("max", "noise", "laeq_db", `SELECT max("laeq_db m") AS "laeq_db" FROM (SELECT "laeq_db_max" AS "laeq_db m" FROM "noise_1h")`)
	f("sum", "weather", "rain_mm", `SELECT sum("rain_mm s") AS "rain_mm" FROM (SELECT "rain_mm_mean" * "rain_mm_n" AS "rain_mm s" FROM "weather_1h")`)
	f("mean", "noise", "laeq_db", `SELECT 10 * log10(sum("laeq_db e") / sum("laeq_db n")) AS "laeq_db" FROM (SELECT "laeq_db_n" AS "laeq_db n",`+
		` exp("laeq_db_mean" * 0.23025850929940458) * "laeq_db_n" AS "laeq_db e" FROM "noise_1h")`)
	f("mean", "weather", "wind_deg", `SELECT 180 + atan2(sum("wind_deg s") * -1, sum("wind_deg c") * -1) / 0.017453292519943295 AS "wind_deg"`+
		` FROM (SELECT "wind_deg_n" AS "wind_deg n", sin("wind_deg_mean" * 0.017453292519943295) * "wind_deg_r" * "wind_deg_n" AS "wind_deg s",`+
		` cos("wind_deg_mean" * 0.017453292519943295) * "wind_deg_r" * "wind_deg_n" AS "wind_deg c" FROM "weather_1h")`)
}

// TestNestedConditions holds that tags and quality choose readings where they still
// are readings, and that the range of time stands outside too: without it InfluxQL
// would make windows from 1970 on.
func TestNestedConditions(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CET", 3600))
	noise := mustMeasurement(t, "noise")
	q := From(noise).OfReadings("mean", "laeq_db", schema.FoldEnergetic).Where("zone", "Prati").Without("q", 128).
		NotBefore(noon).Before(time.Time{}).In("city").By("comune").Every(90 * time.Millisecond).NewestFirst().Limit(3)
	want := `SELECT 10 * log10(mean("laeq_db e")) AS "laeq_db" FROM (SELECT exp("laeq_db" * 0.23025850929940458) AS "laeq_db e" FROM "city".."noise"` +
		` WHERE ("zone" = 'Prati') AND "q" & 128 = 0 AND time >= '2026-03-01T11:00:00Z') WHERE time >= '2026-03-01T11:00:00Z'` +
		` GROUP BY "comune", time(90000000ns) fill(none) ORDER BY time DESC LIMIT 3`
	if got := q.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := q.String(); got != want {
		t.Errorf("a query says something else when it is asked again: %s", got)
	}
}
