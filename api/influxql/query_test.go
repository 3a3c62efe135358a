package influxql

import (
	"strings"
	"testing"
	"time"

	"rione/ingest/schema"
)

func mustMeasurement(t testing.TB, name string) *schema.Measurement {
	t.Helper()
	m := schema.Lookup(name)
	if m == nil {
		t.Fatalf("no measurement %s", name)
	}
	return m
}

func TestQueries(t *testing.T) {
	air := mustMeasurement(t, "air")
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := func(q *Query, want string) {
		t.Helper()
		if got := q.String(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	f(All(air), `SELECT * FROM "air"`)
	f(All(air).Since(time.Hour).BySeries().NewestFirst().Limit(1), `SELECT * FROM "air" WHERE time > now() - 3600s GROUP BY * ORDER BY time DESC LIMIT 1`)
	f(From(air).Column("temp_c", "q").Where("comune", "058091", "082053").Where("zone").NotBefore(noon).Before(noon.Add(time.Millisecond)).Limit(5).Offset(2),
		`SELECT "temp_c", "q" FROM "air" WHERE ("comune" = '058091' OR "comune" = '082053') AND time >= '2026-03-01T12:00:00Z' AND time < '2026-03-01T12:00:00.001Z' LIMIT 5 OFFSET 2`)
	f(From(air).Aggregate("mean", "temp_c").By("device_id").Every(5*time.Minute),
		`SELECT mean("temp_c") AS "temp_c" FROM "air" GROUP BY "device_id", time(300s) fill(none)`)
	f(From(air).Column("q").Without("q", 16).In("city", "city_movers"), `SELECT "q" FROM "city".."air", "city_movers".."air" WHERE "q" & 16 = 0`)
	noise := mustMeasurement(t, "noise")
	f(From(noise).Where("device_id", "n-1").NotBefore(noon).OfReadings("mean", "laeq_db", schema.FoldEnergetic).OfReadings("mean", "lamax_db", schema.FoldMean).Every(time.Hour),
		`SELECT 10 * log10(mean("laeq_db e")) AS "laeq_db", mean("lamax_db") AS "lamax_db" FROM (SELECT exp("laeq_db" * 0.23025850929940458) AS "laeq_db e", "lamax_db" FROM "noise"`+
			` WHERE ("device_id" = 'n-1') AND time >= '2026-03-01T12:00:00Z') WHERE time >= '2026-03-01T12:00:00Z' GROUP BY time(3600s) fill(none)`)
	f(From(schema.Rollup(air, schema.Hour)).OfWindows("mean", "temp_c", schema.FoldMean).Every(24*time.Hour),
		`SELECT sum("temp_c s") / sum("temp_c n") AS "temp_c" FROM (SELECT "temp_c_n" AS "temp_c n", "temp_c_mean" * "temp_c_n" AS "temp_c s" FROM "air_1h") GROUP BY time(86400s) fill(none)`)
	f(From(air).Column(`a"b\`).Where(`t"`, `it's \ here`+"\n"), `SELECT "a\"b\\" FROM "air" WHERE ("t\"" = 'it\'s \\ here\n')`)
}

// FuzzQuote reads quoted text as InfluxQL's scanner does: it must end where it
// ends and mean what went in.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "plain", `'`, `\`, `\'`, "\n", `" OR 1=1 --`, "é\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for quote, text := range map[byte]string{'\'': quoteString(s), '"': quoteIdent(s)} {
			if got, ok := scanQuoted(text, quote); !ok || got != s {
				t.Errorf("%q became %s, which is read as %q", s, text, got)
			}
		}
	})
}

// scanQuoted follows ScanString of InfluxQL: a line feed or an unknown escape is
// an error, the first bare quote ends the text.
func scanQuoted(text string, quote byte) (string, bool) {
	var out strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			return out.String(), i == len(text)-1
		case c == '\n':
			return "", false
		case c != '\\':
			out.WriteByte(c)
		default:
			i++
			switch text[i] {
			case 'n':
				out.WriteByte('\n')
			case '\\', '"', '\'':
				out.WriteByte(text[i])
			default:
				return "", false
			}
		}
	}
	return "", false
}
