package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"rione/cmd/rione/config"
	"rione/ingest/schema"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, list string, env ...string) (config.Config, error) {
	t.Helper()
	return config.Load(append(env, "RIONE_INFLUX_TARGETS="+write(t, "targets.json", list)))
}

func TestTargets(t *testing.T) {
	token := write(t, "token", "in a file\n")
	c, err := load(t, fmt.Sprintf(`[
		{"name":"palermo","url":"https://influx.example:8086","token_file":%q,"org":"comune","bucket":"pa","comuni":["082053"]},
		{"name":"venezia","url":"http://10.0.0.3:8086","token":"in clear","comuni":["027042","027001"]}]`, token),
		"RIONE_INFLUX_ORG=metro", "RIONE_INFLUX_BUCKET=city2")
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Target{
		{Name: "palermo", URL: "https://influx.example:8086", Token: "in a file", TokenFile: token, Org: "comune", Bucket: "pa", Comuni: []string{"082053"}},
		{Name: "venezia", URL: "http://10.0.0.3:8086", Token: "in clear", Org: "metro", Bucket: "city2", Comuni: []string{"027042", "027001"}},
	}
	if !reflect.DeepEqual(c.Targets(), want) {
		t.Errorf("targets are %+v", c.Targets())
	}
	var out strings.Builder
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); strings.Contains(s, "in a file") || strings.Contains(s, "in clear") ||
		!strings.Contains(s, "# target palermo: https://influx.example:8086, organisation comune, bucket pa, token (set), comuni 082053") {
		t.Errorf("printed:\n%s", s)
	}
}

func TestNoTargets(t *testing.T) {
	c, err := config.Load(nil)
	if err != nil || len(c.Targets()) != 0 || c.InfluxParkedMaxBytes != 2<<30 {
		t.Errorf("%v, %v, %d", c.Targets(), err, c.InfluxParkedMaxBytes)
	}
	if _, err := config.Load([]string{"RIONE_INFLUX_TARGETS=" + filepath.Join(t.TempDir(), "none")}); err == nil || !strings.Contains(err.Error(), "RIONE_INFLUX_TARGETS") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := config.Load([]string{"RIONE_INFLUX_PARKED_MAX_BYTES=5"}); err == nil || !strings.Contains(err.Error(), "RIONE_INFLUX_PARKED_MAX_BYTES") {
		t.Errorf("no room for parked lines: %v", err)
	}
}

func TestWrongTargets(t *testing.T) {
	f := func(list string, want ...string) {
		t.Helper()
		_, err := load(t, list)
		for _, w := range append(want, "RIONE_INFLUX_TARGETS") {
			if err == nil || !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: error is %v, want %q", list, err, w)
			}
		}
	}
	f(`{}`, "write a list")
	f(`[] []`, "follows the list")
	f(`[{"name":"a","tokn":"s3cret"}]`, "tokn")
	f(`[{"name":"default","url":"http://h:1","comuni":["082053"]}]`, "the name")
	f(`[{"name":"Città","url":"http://h:1","comuni":["082053"]}]`, "the name")
	f(`[{"name":"a.b","url":"http://h:1","comuni":["082053"]}]`, "the name")
	f(`[{"name":"a","url":"http://h:1","comuni":["082053"]},{"name":"a","url":"http://h:1","comuni":["082054"]}]`, "target 2", "the name")
	f(`[{"name":"a","url":"h:1","comuni":["082053"]}]`, "url must look like")
	f(`[{"name":"a","url":"http://user:s3cret@h:1","comuni":["082053"]}]`, "url must look like")
	f(`[{"name":"a","url":"http://h:1","token":"s3cret","token_file":"x","comuni":["082053"]}]`, "keep one")
	f(`[{"name":"a","url":"http://h:1","token_file":"/nowhere/token","comuni":["082053"]}]`, "/nowhere/token")
	f(`[{"name":"a","url":"http://h:1"}]`, "at least one comune")
	f(`[{"name":"a","url":"http://h:1","comuni":["Palermo"]}]`, "six digits")
	f(`[{"name":"a","url":"http://h:1","comuni":["082053"]},{"name":"b","url":"h","comuni":["082053"]}]`, `"a"'s already`, "url must look like")
}

// An InfluxDB of some comuni may keep points for a time of its own.
func TestTargetsRetention(t *testing.T) {
	const day = 24 * time.Hour
	f := func(own string, want schema.Retention, printed string) {
		t.Helper()
		c, err := load(t, `[{"name":"a","url":"http://h:1","comuni":["082053"]`+own+`}]`, "RIONE_RETENTION_HOURLY=8760h")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.RetentionOf(&c.Targets()[0]); got != want {
			t.Errorf("%s: %+v, want %+v", own, got, want)
		}
		if c.RetentionIn("082053") != want || c.RetentionIn("058091") != c.Retention() {
			t.Errorf("%s: in Palermo %+v, in Rome %+v", own, c.RetentionIn("082053"), c.RetentionIn("058091"))
		}
		if all := (schema.Retention{Raw: 90 * day, Hourly: 365 * day}); c.Retention() != all || c.ShortestRetention() != all.Shorter(want) {
			t.Errorf("%s: for all %+v, of each %+v", own, c.Retention(), c.ShortestRetention())
		}
		if s := c.Targets()[0].String(); !strings.HasSuffix(s, "comuni 082053"+printed) {
			t.Errorf("%s is printed as %q", own, s)
		}
	}
	f("", schema.Retention{Raw: 90 * day, Hourly: 365 * day}, "")
	f(`,"retention_raw":"720h"`, schema.Retention{Raw: 30 * day, Hourly: 365 * day}, ", retention_raw 720h0m0s")
	f(`,"retention_raw":"4320h","retention_hourly":"0s"`, schema.Retention{Raw: 180 * day}, ", retention_raw 4320h0m0s, retention_hourly 0s")
	f(`,"retention_daily":"87600h"`, schema.Retention{Raw: 90 * day, Hourly: 365 * day, Daily: 3650 * day}, ", retention_daily 87600h0m0s")
}

func TestTargetsWrongRetention(t *testing.T) {
	f := func(own, want string) {
		t.Helper()
		_, err := load(t, `[{"name":"a","url":"http://h:1","comuni":["082053"],`+own+`}]`, "RIONE_JOURNAL_REPLAY_WINDOW=72h")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "RIONE_INFLUX_TARGETS") {
			t.Errorf("%s: error is %v, want %q", own, err, want)
		}
	}
	f(`"retention_raw":"30 days"`, "a duration is written as 2160h")
	f(`"retention_raw":90`, "retention_raw")
	f(`"retention_raw":"1h"`, `target 1 ("a"): retention_raw is 1h0m0s; write at least 24h0m0s`)
	f(`"retention_daily":"-1h"`, "retention_daily is -1h0m0s; write at least")
	f(`"retention_raw":"48h"`, "RIONE_JOURNAL_REPLAY_WINDOW is 72h0m0s, longer than retention_raw, 48h0m0s")
	f(`"retention_raw":"0s"`, "RIONE_RETENTION_HOURLY is 43800h0m0s, shorter than retention_raw")
	f(`"retention_hourly":"96h"`, "retention_hourly is 96h0m0s, shorter than RIONE_RETENTION_RAW")
	f(`"retention_daily":"8760h"`, "retention_daily is 8760h0m0s, shorter than RIONE_RETENTION_HOURLY")
}
