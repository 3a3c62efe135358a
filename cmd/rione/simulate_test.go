package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/scenario"
)

// busy lets the generator be late: machines that run tests are.
const busy = "--generator-lag=1m"

// simulate runs `rione simulate` and returns its summary.
func (r *rig) simulate(wantCode int, args ...string) *simulator.Summary {
	r.t.Helper()
	out, errs, code := r.run("", append([]string{"simulate", "--json", "--quiet", busy}, args...)...)
	if code != wantCode {
		r.t.Fatalf("simulate %v: exit %d, want %d\n%s%s", args, code, wantCode, out, errs)
	}
	s := &simulator.Summary{}
	if err := json.Unmarshal([]byte(out), s); err != nil {
		r.t.Fatalf("%v in %.300s", err, out)
	}
	if !s.Verified {
		r.t.Errorf("simulate %v: nothing was read back\n%s", args, errs)
	}
	return s
}

// A city that speaks every format with a default route passes against rione
// itself: store, quarantine and ledger agree with what was published.
func TestSimulateProvesRione(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.up()
	dir := t.TempDir()
	report, junit := filepath.Join(dir, "report.html"), filepath.Join(dir, "junit.xml")
	s := r.simulate(0, "--scenario", "smoke", "--ack-p99", "1m", "--queryable-p99", "1m", "--for", "4s", "--rate", "60", "--report", report, "--junit", junit,
		"--faults", "garbage=0.05,poison=0.05,duplicate=0.05,disorder=0.05,late=0.05,unset_clock=0.05,skewed_clock=0.2,local_time=0.3,slow=0.1")
	if !s.Clean() || !s.Verified || s.Account == nil || s.Stored != s.Acked || s.Published != s.Planned || s.Acked < 200 {
		t.Errorf("%+v", s)
	}
	if f := s.Faults; f.Garbage+f.Poison != s.Account.Garbage+s.Refused || s.Account.Quarantined == 0 || s.ClocksUnset == 0 || s.ClocksReplaced != s.ClocksUnset {
		t.Errorf("faults %+v, account %+v, %d clocks of 1970", f, s.Account, s.ClocksUnset)
	}
	for file, want := range map[string]string{report: "<polyline", junit: "<testsuite"} {
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
	text, _ := os.ReadFile(junit)
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	if err := xml.Unmarshal(text, &suite); err != nil || suite.Tests < 10 || suite.Failures != 0 {
		t.Errorf("%+v, %v", suite, err)
	}
	t.Run("http and MQTT 5", func(t *testing.T) {
		if s := r.simulate(0, "--devices", "20", "--rate", "40", "--for", "2s", "--door", "http", "--formats", "native,senml,chirpstack,tts"); !s.Clean() || s.Stored == 0 {
			t.Errorf("by HTTP: %+v", s)
		}
		if s := r.simulate(0, "--devices", "21", "--rate", "40", "--for", "2s", "--mqtt", "5", "--secrets"); !s.Clean() || s.Stored == 0 {
			t.Errorf("by MQTT 5: %+v", s)
		}
	})
	t.Run("without our API", func(t *testing.T) { // as any broker with InfluxDB behind it is measured
		at, token := r.storeAt()
		fleet := []string{"--seed", "30", "--devices", "30", "--rate", "40", "--for", "2s", "--formats", "native"}
		r.simulate(0, fleet...) // registers them
		others := []string{"--register=false", "--broker", "tcp://" + r.at.MQTT, "--influx", at, "--influx-token", token, "--queryable-p99", "1m"}
		if s := r.simulate(0, append(fleet, others...)...); !s.Clean() || s.Stored != s.Acked || s.Account != nil || s.Probed == 0 {
			t.Errorf("%+v", s)
		}
		_, errs, code := r.run("", append([]string{"simulate", "--quiet", busy, "--influx-token", "wrong:wrong"}, append(fleet, others[:5]...)...)...)
		if code != 1 || !strings.Contains(errs, "refuses the token") {
			t.Errorf("with a wrong token: exit %d, %s", code, errs)
		}
	})
	t.Run("networks' own ways", func(t *testing.T) {
		if s := r.simulate(0, "--seed", "7", "--devices", "40", "--rate", "40", "--for", "2s", "--formats", "netjson"); !s.Clean() || !s.Accounted {
			t.Errorf("NetJSON, by the path of OpenWISP's agents: %+v", s)
		}
		r.must("", "routes", "set", "bulk-mqtt", "--filter", "bulkdata/+", "--format", "tr369-bulk", "--device", "topic:1")
		if s := r.simulate(0, "--seed", "8", "--devices", "40", "--rate", "40", "--for", "2s", "--formats", "tr369-bulk"); !s.Clean() || !s.Accounted {
			t.Errorf("bulk data by MQTT: %+v", s)
		}
		r.must("", "routes", "set", "bulk-http", "--filter", "/ingest/bulkdata/+", "--format", "tr369-bulk", "--device", "topic:3")
		if s := r.simulate(0, "--seed", "9", "--devices", "40", "--rate", "40", "--for", "2s", "--formats", "tr369-bulk", "--door", "http"); !s.Clean() || !s.Accounted {
			t.Errorf("bulk data by HTTP: %+v", s)
		}
	})
	t.Run("limits decide", func(t *testing.T) {
		_, errs, code := r.run("", "simulate", "--quiet", "--devices", "20", "--rate", "40", "--for", "1s", "--ack-p99", "1us")
		if code != 1 || !strings.Contains(errs, "FAIL  publish → ack p99: want ≤ 1µs") {
			t.Errorf("exit %d: %s", code, errs)
		}
	})
	t.Run("the limit is found", func(t *testing.T) {
		out, errs, code := r.run("", "simulate", "--find-limit", "--limit-time", "1s", "--devices", "20", "--json")
		var found simulator.Found
		if err := json.Unmarshal([]byte(out), &found); err != nil || len(found.Steps) != 1 || (code == 0) != (found.Rate > 0) {
			t.Errorf("exit %d, %v: %s%s", code, err, out, errs)
		}
	})
	t.Run("parts are merged", func(t *testing.T) {
		start := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
		args := []string{"--devices", "40", "--rate", "80", "--for", "2s", "--start", start}
		files := []string{"simulate", "merge", "--json", busy}
		published := int64(0)
		for _, part := range []string{"1/2", "2/2"} {
			s := r.simulate(0, append([]string{"--part", part}, args...)...)
			text, _ := json.Marshal(s)
			file := filepath.Join(dir, strings.ReplaceAll(part, "/", "-"))
			if err := writeTo(file, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
				t.Fatal(err)
			}
			files, published = append(files, file), published+s.Published
		}
		var sum simulator.Summary
		if err := json.Unmarshal([]byte(r.must("", files...)), &sum); err != nil || sum.Published != published || !sum.Clean() {
			t.Errorf("%v: %+v", err, sum)
		}
		if whole := r.simulate(0, args...); whole.Manifest != sum.Manifest || whole.Published != published {
			t.Errorf("the whole is %s (%d), its parts %s (%d)", whole.Manifest, whole.Published, sum.Manifest, published)
		}
	})
}

func TestSimulateRefusesWrongUsage(t *testing.T) {
	r := newRig(t)
	f := func(want string, args ...string) {
		t.Helper()
		_, errs, code := r.run("", append([]string{"simulate", "--broker", "tcp://127.0.0.1:1", "--register=false"}, args...)...)
		if code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d, want 2 and %q\n%s", args, code, want, errs)
		}
	}
	f("there is no scenario", "--scenario", "atlantis")
	f("like 1/4", "--part", "5/4")
	f("needs --start", "--part", "1/4")
	f("is no fault", "--faults", "flood=1")
	f("a share", "--faults", "late=much")
	f("mqtt or http", "--door", "window")
	f("3.1.1", "--mqtt", "3")
	f("no certificate", "--ca", os.Args[0])
	f("is not on this machine", "--broker", "tcp://192.0.2.1:1883")
	f("morse", "--formats", "morse")
	f("how long", "--for", "0s")
}

func TestSimulateListsScenarios(t *testing.T) {
	r := newRig(t)
	list, err := scenario.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	text := r.must("", "simulate", "--list")
	var asJSON []struct {
		Name  string
		Title string
	}
	if err := json.Unmarshal([]byte(r.must("", "simulate", "--list", "--json")), &asJSON); err != nil || len(asJSON) != len(list) {
		t.Errorf("%d of %d scenarios, %v", len(asJSON), len(list), err)
	}
	for i, s := range list {
		if !strings.Contains(text, s.Name+" ") || asJSON[i].Name != s.Name || asJSON[i].Title != s.Title {
			t.Errorf("%s is not listed", s.Name)
		}
	}
}
