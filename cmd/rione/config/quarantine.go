package config

import (
	"time"

	"rione/ingest/quarantine"
)

// Quarantine returns the limits of the quarantine.
func (c *Config) Quarantine() quarantine.Options {
	share := func(percent int) quarantine.Limit {
		return quarantine.Limit{Entries: max(c.QuarantineMaxEntries*percent/100, 1), Bytes: c.QuarantineMaxBytes / 100 * int64(percent)}
	}
	return quarantine.Options{
		MaxBytes: c.QuarantineMaxBytes, MaxEntries: c.QuarantineMaxEntries, MaxAge: c.QuarantineMaxAge,
		PerIdentity: share(c.QuarantineIdentityPct), PerComune: share(c.QuarantineComunePct),
	}
}

// quarantineProblems tells what is wrong with the limits of the quarantine.
func (c *Config) quarantineProblems(bad complain) {
	if c.QuarantineMaxBytes < 16<<20 {
		bad("QUARANTINE_MAX_BYTES", "must be at least 16777216 (16 MiB)")
	}
	if c.QuarantineMaxEntries < 100 || c.QuarantineMaxEntries > 10_000_000 {
		bad("QUARANTINE_MAX_ENTRIES", "must be from 100 to 10000000; a million take some 500 MB of memory")
	}
	if c.QuarantineMaxAge < time.Hour {
		bad("QUARANTINE_MAX_AGE", "must be at least 1h")
	}
	for name, percent := range map[string]int{"QUARANTINE_COMUNE_PCT": c.QuarantineComunePct, "QUARANTINE_IDENTITY_PCT": c.QuarantineIdentityPct} {
		if percent < 1 || percent > 100 {
			bad(name, "is a share of the whole, from 1 to 100 per cent")
		}
	}
}
