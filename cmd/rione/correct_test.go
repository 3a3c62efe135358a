package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A sensor measured too little for a while, and had fallen off its pole for some
// seconds: both are told to the registry, and what is stored is right.
func TestCorrectionsOfThePast(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\ntiber-1,water,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	r.mapping("/ingest/v1/"+levelsPath, "m")
	const readings = 10
	base := time.Now().Add(time.Minute).Truncate(time.Second).UTC() // not before the journal begins
	at := func(i int) time.Time { return base.Add(time.Duration(i) * time.Second) }
	for i := range readings {
		r.push(levelsPath, fmt.Sprintf(`{"id":"tiber-1","at":%d,"level":2}`, at(i).Unix()))
	}
	r.awaitBalance(readings)
	levels := func(want string) {
		t.Helper()
		got := ""
		for _, row := range r.query("SELECT count(level_m), sum(level_m) FROM water WHERE device_id='tiber-1'") {
			got = fmt.Sprint(row.Values[0][1:])
		}
		if got != want {
			t.Errorf("levels %s, want %s", got, want)
		}
	}
	levels("[10 20]")
	out := r.must("", "devices", "calibrate", "tiber-1", "level_m", "--gain", "1.5", "--from", at(6).Format(time.RFC3339), "--note", "certificate 7")
	if !strings.Contains(out, "done") {
		t.Errorf("calibrate said:\n%s", out)
	}
	levels("[10 24]")
	r.must("", "devices", "invalidate", "tiber-1", "--since", at(2).Format(time.RFC3339), "--until", at(5).Format(time.RFC3339), "--why", "fell off its pole")
	levels("[7 18]")
	if s := r.query("SELECT value, bits, \"of\" FROM suspect WHERE device_id='tiber-1'"); len(s) != 1 || len(s[0].Values) != 3 || fmt.Sprint(s[0].Values[0][1:]) != "[2 256 water.level_m]" {
		t.Errorf("suspects: %+v", s)
	}
	tail := r.must("", "tail", "tiber-1", "--since", "start", "--no-follow", "--json")
	for _, want := range []string{`"calibrated"`, "certificate 7", `"invalid"`, "fell off its pole"} {
		if !strings.Contains(tail, want) {
			t.Errorf("the tail does not tell of %s:\n%s", want, tail)
		}
	}
	if shown := r.must("", "devices", "show", "tiber-1"); !strings.Contains(shown, "fell off its pole") || !strings.Contains(shown, `"gain": 1.5`) {
		t.Errorf("shown:\n%s", shown)
	}
	r.must("", "devices", "invalidate", "tiber-1", "--undo", "--since", at(2).Format(time.RFC3339))
	levels("[10 24]")
	if s := r.query("SELECT value FROM suspect WHERE device_id='tiber-1'"); len(s) != 0 {
		t.Errorf("suspects are left: %+v", s)
	}
	r.must("", "devices", "calibrate", "tiber-1", "water.level_m", "--gain", "1", "--from", at(6).Format(time.RFC3339))
	levels("[10 20]")
	r.awaitBalance(readings) // the ledger has not heard of it
}

func TestCorrectionsRefuse(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\ntiber-1,water,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	f := func(code int, want string, args ...string) {
		t.Helper()
		_, errs, got := r.run("", append([]string{"devices"}, args...)...)
		if got != code || !strings.Contains(errs, want) {
			t.Errorf("devices %q: exit %d, %s; want %d, %q", args, got, errs, code, want)
		}
	}
	f(exitUsage, "write a time", "calibrate", "tiber-1", "level_m", "--gain", "2")
	f(exitUsage, "no date", "calibrate", "tiber-1", "level_m", "--gain", "2", "--from", "start")
	f(exitUsage, "--gain, --offset", "calibrate", "tiber-1", "level_m", "--from", "1h")
	f(exitFailed, "no field of numbers", "calibrate", "tiber-1", "text", "--offset", "2", "--from", "1h")
	f(exitFailed, "no field of numbers", "calibrate", "tiber-1", "air.level_m", "--offset", "2", "--from", "1h")
	f(exitFailed, "gain", "calibrate", "tiber-1", "level_m", "--gain", "0", "--from", "1h")
	f(exitFailed, "", "calibrate", "tiber-2", "level_m", "--gain", "2", "--from", "1h")
	// Older than the journal: the registry has it, and the answer says what is left to do.
	f(exitFailed, "rione replay --restate --device tiber-1 --since 2020-01-01T00:00:00Z", "calibrate", "tiber-1", "level_m", "--gain", "2", "--from", "2020-01-01")
	f(0, "nothing is stored", "calibrate", "tiber-1", "level_m", "--gain", "2", "--from", "2199-01-01")
	f(exitUsage, "--why is missing", "invalidate", "tiber-1", "--since", "2h", "--until", "1h")
	f(exitUsage, "write a time", "invalidate", "tiber-1", "--since", "2h", "--why", "x")
	f(exitUsage, "name it by --since alone", "invalidate", "tiber-1", "--undo", "--since", "2h", "--until", "1h")
	f(exitFailed, "not after", "invalidate", "tiber-1", "--since", "1h", "--until", "2h", "--why", "x")
	f(exitFailed, "no field of numbers", "invalidate", "tiber-1", "--since", "2h", "--until", "1h", "--why", "x", "--field", "lvl")
	f(exitFailed, "no invalid period", "invalidate", "tiber-1", "--undo", "--since", "2020-01-01")
}
