package config

import (
	"time"

	"rione/ingest/schema"
)

// Retention returns how long each level is kept.
func (c *Config) Retention() schema.Retention {
	return schema.Retention{Raw: c.RetentionRaw, Hourly: c.RetentionHourly, Daily: c.RetentionDaily}
}

// shortest keeps the retention of a bucket above what windows are made of: a
// month of days, a day of hours, an hour of readings that may come late.
const shortest = 24 * time.Hour

// retentionProblems tells what is wrong with the retentions.
func (c *Config) retentionProblems(bad complain) {
	for _, r := range []struct {
		name string
		keep time.Duration
		most time.Duration // that stands below it
	}{
		{"RETENTION_RAW", c.RetentionRaw, shortest},
		{"RETENTION_HOURLY", c.RetentionHourly, 3 * shortest},
		{"RETENTION_DAILY", c.RetentionDaily, 32 * shortest},
	} {
		if r.keep != 0 && r.keep < r.most {
			bad(r.name, "is %v; write at least %v, or 0 for ever", r.keep, r.most)
		}
	}
	if c.RetentionRaw > 0 && c.JournalReplayWindow > c.RetentionRaw {
		bad("JOURNAL_REPLAY_WINDOW", "is %v, longer than RIONE_RETENTION_RAW, %v: what is replayed could not be stored; shorten it", c.JournalReplayWindow, c.RetentionRaw)
	}
	if c.RetentionHourly > 0 && (c.RetentionRaw == 0 || c.RetentionRaw > c.RetentionHourly) {
		bad("RETENTION_HOURLY", "is %v, shorter than RIONE_RETENTION_RAW; windows outlive what they are made of", c.RetentionHourly)
	}
	if c.RetentionDaily > 0 && (c.RetentionHourly == 0 || c.RetentionHourly > c.RetentionDaily) {
		bad("RETENTION_DAILY", "is %v, shorter than RIONE_RETENTION_HOURLY; windows outlive what they are made of", c.RetentionDaily)
	}
}
