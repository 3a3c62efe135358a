package config

import (
	"errors"
	"slices"
	"strings"
	"time"

	"rione/ingest/schema"
)

// Span is a duration in a file, written as 2160h; 0s is for ever.
type Span time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New("a duration is written as 2160h, and for ever as 0s")
	}
	*s = Span(d)
	return nil
}

// Retention returns how long the InfluxDB of most comuni keeps each level.
func (c *Config) Retention() schema.Retention {
	return schema.Retention{Raw: c.RetentionRaw, Hourly: c.RetentionHourly, Daily: c.RetentionDaily}
}

// RetentionOf returns how long a target keeps each level.
func (c *Config) RetentionOf(t *Target) schema.Retention {
	out := c.Retention()
	for i, keep := range []*time.Duration{&out.Raw, &out.Hourly, &out.Daily} {
		if own := t.spans()[i]; own != nil {
			*keep = time.Duration(*own)
		}
	}
	return out
}

// RetentionIn returns how long the InfluxDB of a comune keeps each level.
func (c *Config) RetentionIn(comune string) schema.Retention {
	for i := range c.targets {
		if slices.Contains(c.targets[i].Comuni, comune) {
			return c.RetentionOf(&c.targets[i])
		}
	}
	return c.Retention()
}

// ShortestRetention returns how long every InfluxDB keeps each level.
func (c *Config) ShortestRetention() schema.Retention {
	out := c.Retention()
	for i := range c.targets {
		out = out.Shorter(c.RetentionOf(&c.targets[i]))
	}
	return out
}

// shortest keeps the retention of a bucket above what windows are made of: a
// month of days, a day of hours, an hour of readings that may come late.
const shortest = 24 * time.Hour

// spans are the target's own retentions, nil where it has none: raw, hourly, daily.
func (t *Target) spans() [3]*Span {
	return [3]*Span{t.RetentionRaw, t.RetentionHourly, t.RetentionDaily}
}

// keepNames says where each retention of the target is set: in its file, or for all.
func (t *Target) keepNames() [3]string {
	out := [3]string{Prefix + "RETENTION_RAW", Prefix + "RETENTION_HOURLY", Prefix + "RETENTION_DAILY"}
	for i, own := range t.spans() {
		if own != nil {
			out[i] = strings.ToLower(strings.TrimPrefix(out[i], Prefix))
		}
	}
	return out
}

// retentionProblems tells what is wrong with the retentions for all.
func (c *Config) retentionProblems(bad complain) {
	c.keepProblems(&Target{}, func(name, format string, args ...any) { bad(strings.TrimPrefix(name, Prefix), format, args...) })
}

// keepProblems tells what is wrong with the retentions of a target.
func (c *Config) keepProblems(t *Target, bad complain) {
	k, names := c.RetentionOf(t), t.keepNames()
	for i, r := range []struct{ keep, most time.Duration }{ // most stands below it
		{k.Raw, shortest}, {k.Hourly, 3 * shortest}, {k.Daily, 32 * shortest},
	} {
		if r.keep < 0 || r.keep != 0 && r.keep < r.most {
			bad(names[i], "is %v; write at least %v, or 0 for ever", r.keep, r.most)
		}
	}
	if k.Raw > 0 && c.JournalReplayWindow > k.Raw {
		bad(Prefix+"JOURNAL_REPLAY_WINDOW", "is %v, longer than %s, %v: what is replayed could not be stored; shorten it", c.JournalReplayWindow, names[0], k.Raw)
	}
	if k.Hourly > 0 && (k.Raw == 0 || k.Raw > k.Hourly) {
		bad(names[1], "is %v, shorter than %s; windows outlive what they are made of", k.Hourly, names[0])
	}
	if k.Daily > 0 && (k.Hourly == 0 || k.Hourly > k.Daily) {
		bad(names[2], "is %v, shorter than %s; windows outlive what they are made of", k.Daily, names[1])
	}
}
