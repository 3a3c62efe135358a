package config_test

import (
	"strings"
	"testing"
	"time"

	"rione/cmd/rione/config"
	"rione/ingest/quarantine"
)

// Unset, the limits are those that the quarantine has by itself; set, the shares
// are of the whole.
func TestQuarantineLimits(t *testing.T) {
	f := func(env string, want quarantine.Options) {
		t.Helper()
		c, err := config.Load(strings.Fields(env))
		if err != nil {
			t.Fatal(err)
		}
		got := c.Quarantine()
		if got.MaxBytes != want.MaxBytes || got.MaxEntries != want.MaxEntries || got.MaxAge != want.MaxAge || got.PerComune != want.PerComune || got.PerIdentity != want.PerIdentity {
			t.Errorf("%q: %+v, want %+v", env, got, want)
		}
	}
	const gib = 1 << 30 / 100
	f("", quarantine.Options{
		MaxBytes: 1 << 30, MaxEntries: 100_000, MaxAge: 90 * 24 * time.Hour,
		PerComune: quarantine.Limit{Entries: 50_000, Bytes: gib * 50}, PerIdentity: quarantine.Limit{Entries: 10_000, Bytes: gib * 10},
	})
	f("RIONE_QUARANTINE_MAX_BYTES=100000000 RIONE_QUARANTINE_MAX_ENTRIES=100 RIONE_QUARANTINE_MAX_AGE=24h RIONE_QUARANTINE_COMUNE_PCT=100 RIONE_QUARANTINE_IDENTITY_PCT=1", quarantine.Options{
		MaxBytes: 100_000_000, MaxEntries: 100, MaxAge: 24 * time.Hour,
		PerComune: quarantine.Limit{Entries: 100, Bytes: 100_000_000}, PerIdentity: quarantine.Limit{Entries: 1, Bytes: 1_000_000},
	})
}

func TestQuarantineProblems(t *testing.T) {
	f := func(env, want string) {
		t.Helper()
		if _, err := config.Load([]string{env}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", env, err, want)
		}
	}
	f("RIONE_QUARANTINE_MAX_BYTES=1000", "RIONE_QUARANTINE_MAX_BYTES must be at least 16777216")
	f("RIONE_QUARANTINE_MAX_BYTES=1GiB", "RIONE_QUARANTINE_MAX_BYTES must be a whole number")
	f("RIONE_QUARANTINE_MAX_ENTRIES=99", "RIONE_QUARANTINE_MAX_ENTRIES must be from 100")
	f("RIONE_QUARANTINE_MAX_ENTRIES=10000001", "RIONE_QUARANTINE_MAX_ENTRIES must be from 100")
	f("RIONE_QUARANTINE_MAX_AGE=1m", "RIONE_QUARANTINE_MAX_AGE must be at least 1h")
	f("RIONE_QUARANTINE_COMUNE_PCT=0", "RIONE_QUARANTINE_COMUNE_PCT is a share")
	f("RIONE_QUARANTINE_IDENTITY_PCT=101", "RIONE_QUARANTINE_IDENTITY_PCT is a share")
}
