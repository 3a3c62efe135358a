package schema_test

import (
	"strings"
	"testing"
	"time"

	"rione/ingest/schema"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWindowsFollowRome(t *testing.T) {
	f := func(l schema.Level, of, start, end string) {
		t.Helper()
		s := l.Start(at(t, of))
		if got := s.Format(time.RFC3339); got != start {
			t.Errorf("%v that holds %s starts %s, want %s", l, of, got, start)
		}
		if got := l.Next(s).Format(time.RFC3339); got != end {
			t.Errorf("%v that holds %s ends %s, want %s", l, of, got, end)
		}
	}
	f(schema.Quarter, "2026-03-29T01:14:59+01:00", "2026-03-29T00:00:00Z", "2026-03-29T00:15:00Z")
	f(schema.Hour, "2026-10-25T02:30:00+01:00", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z") // the second 2:30
	f(schema.Hour, "2026-10-25T02:30:00+02:00", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z") // the first
	f(schema.Day, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")       // 23 hours
	f(schema.Day, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")       // 25 hours
	f(schema.Day, "2026-06-30T22:00:00Z", "2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z")
	f(schema.Month, "2026-06-30T22:00:00Z", "2026-06-30T22:00:00Z", "2026-07-31T22:00:00Z")
	f(schema.Month, "2026-12-31T22:59:59Z", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z")
	f(schema.Month, "2028-02-29T12:00:00Z", "2028-01-31T23:00:00Z", "2028-02-29T23:00:00Z")
}

// Windows of a level follow each other without a gap, over five years, and each
// holds whole windows of the level below.
func TestWindowsHaveNoGaps(t *testing.T) {
	end := at(t, "2031-01-01T00:00:00Z")
	for _, l := range schema.Rollups()[1:] {
		for s := l.Start(at(t, "2026-01-01T00:00:00Z")); s.Before(end); s = l.Next(s) {
			next := l.Next(s)
			if !l.Start(s).Equal(s) || !l.Start(next.Add(-1)).Equal(s) || !l.Start(next).Equal(next) {
				t.Fatalf("%v: %v to %v", l, s, next)
			}
			if below := l - 1; !below.Start(s).Equal(s) {
				t.Fatalf("%v begins within a window of %v: %v", l, below, s)
			}
		}
	}
}

func TestChooseLevel(t *testing.T) {
	now, keep := at(t, "2026-06-01T00:00:00Z"), schema.Retention{Raw: 90 * 24 * time.Hour, Hourly: 5 * 365 * 24 * time.Hour}
	f := func(ago, length time.Duration, want schema.Level) {
		t.Helper()
		start := now.Add(-ago)
		if got := schema.Choose(start, start.Add(length), now, keep); got != want {
			t.Errorf("%v long, %v ago: %v, want %v", length, ago, got, want)
		}
	}
	const day = 24 * time.Hour
	f(time.Hour, time.Hour, schema.Raw)
	f(6*time.Hour, 6*time.Hour, schema.Raw)
	f(day, day, schema.Quarter)
	f(30*day, 30*day, schema.Hour)
	f(365*day, 365*day, schema.Day)
	f(3650*day, 3650*day, schema.Month)
	f(100*day, time.Hour, schema.Quarter) // no readings that old
	f(2000*day, time.Hour, schema.Day)    // no hours that old
	if got := schema.Choose(now.Add(-3000*day), now.Add(-3000*day+time.Hour), now, schema.Retention{}); got != schema.Raw {
		t.Errorf("where all is kept: %v", got)
	}
}

func TestLevelNames(t *testing.T) {
	for _, l := range append(schema.Rollups(), schema.Raw) {
		if got, ok := schema.ParseLevel(l.String()); !ok || got != l {
			t.Errorf("%v reads as %v", l, got)
		}
	}
	if _, ok := schema.ParseLevel("1y"); ok {
		t.Error("1y is a level")
	}
	if schema.Hour.Bucket("city") != schema.BucketHourly || schema.Day.Bucket("city") != schema.BucketDaily || schema.Raw.Bucket("city") != "city" {
		t.Error("buckets")
	}
	if schema.Month.Measurement("air") != "air_1mo" || schema.Raw.Measurement("air") != "air" {
		t.Error("measurements")
	}
}

func TestRollupFields(t *testing.T) {
	f := func(measurement string, l schema.Level, fields ...string) {
		t.Helper()
		m := schema.Rollup(schema.Lookup(measurement), l)
		if m == nil || m.Name != l.Measurement(measurement) || schema.LookupAny(m.Name) != m {
			t.Fatalf("%s at %v: %v", measurement, l, m)
		}
		for _, name := range fields {
			want := !strings.HasPrefix(name, "!")
			if got := m.Field(strings.TrimPrefix(name, "!")) != nil; got != want {
				t.Errorf("%s has %s: %v", m.Name, name, got)
			}
		}
	}
	f("air", schema.Hour, "pm10_ugm3_n", "pm10_ugm3_valid_pct", "pm10_ugm3_mean", "pm10_ugm3_min", "pm10_ugm3_max", "eaqi_max", "eaqi_n", "lat", "lon", "!q")
	f("air", schema.Quarter, "!eaqi_max")
	f("noise", schema.Day, "laeq_db_mean", "laeq_db_w", "lamax_db_max", "!window_s_mean")
	f("weather", schema.Month, "wind_deg_mean", "wind_deg_r", "!wind_deg_max", "rain_mm_sum", "!temp_c_sum")
	f("wifi_ap", schema.Hour, "up_on_pct", "up_valid_pct", "!up_mean", "uptime_s_inc", "uptime_s_resets")
	for _, name := range []string{"ledger", "event", "indicator", "suspect"} {
		if schema.Rollup(schema.Lookup(name), schema.Hour) != nil {
			t.Errorf("windows are made of %s", name)
		}
	}
	if schema.Lookup("air_1h") != nil {
		t.Error("a device could claim air_1h")
	}
}

// No statistic's name is another field's.
func TestRollupNamesAreTheirOwn(t *testing.T) {
	for _, m := range schema.Rolled() {
		for _, l := range schema.Rollups() {
			seen := map[string]bool{}
			for _, f := range schema.Rollup(m, l).Fields {
				if seen[f.Name] || f.Doc == "" {
					t.Errorf("%s: %q twice or undocumented", l.Measurement(m.Name), f.Name)
				}
				seen[f.Name] = true
			}
		}
	}
}

// Of two retentions the shorter is kept by both; 0 is for ever.
func TestShorterRetention(t *testing.T) {
	f := func(a, b, want schema.Retention) {
		t.Helper()
		if got := a.Shorter(b); got != want {
			t.Errorf("%+v and %+v: %+v, want %+v", a, b, got, want)
		}
		if got := b.Shorter(a); got != want {
			t.Errorf("%+v and %+v: %+v, want %+v", b, a, got, want)
		}
	}
	f(schema.Retention{}, schema.Retention{}, schema.Retention{})
	f(schema.Retention{Raw: 1, Hourly: 5}, schema.Retention{Raw: 2, Hourly: 3, Daily: 9}, schema.Retention{Raw: 1, Hourly: 3, Daily: 9})
	f(schema.Retention{Raw: 7}, schema.Retention{Raw: 7}, schema.Retention{Raw: 7})
}
