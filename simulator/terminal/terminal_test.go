package terminal_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/readback"
	"rione/simulator/terminal"
)

func play(v *terminal.View) {
	for _, p := range []simulator.Progress{
		{Phase: simulator.Connecting, Connected: 0, Connections: 20},
		{Phase: simulator.Connecting, Connected: 20, Connections: 20},
		{Phase: simulator.Publishing, Elapsed: time.Second, For: time.Minute, Planned: 6000, Published: 100},
		{Phase: simulator.Publishing, Elapsed: 3 * time.Second, For: time.Minute, Planned: 6000, Published: 300, Acked: 299,
			AckP50MS: 4.4, AckP99MS: 20.6, LagP99MS: 1.2, Refused: 2, Breaks: 3},
		{Phase: simulator.Draining, Published: 6000, Acked: 5999},
		{Phase: simulator.Verifying, Verified: 20, Devices: 20},
	} {
		v.Progress(p)
	}
}

func TestPlainLines(t *testing.T) {
	var news bytes.Buffer
	play(terminal.New(&bytes.Buffer{}, &news, terminal.Options{}))
	want := `connecting  0 of 20
connecting  20 of 20
publishing  1s of 1m0s  0/s  published 100  acked 0  waiting 100
publishing  3s of 1m0s  100/s  published 300  acked 299  waiting 1  ack p50 4 p99 21 ms  lag p99 1 ms  refused 2  breaks 3
draining    acked 5999 of 6000
verifying   20 of 20 devices
`
	if news.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &news, want)
	}
}

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/news")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	play(terminal.New(&bytes.Buffer{}, f, terminal.Options{}))
	text, err := os.ReadFile(f.Name())
	if err != nil || strings.ContainsAny(string(text), "\r\x1b") || strings.Count(string(text), "\n") != 6 {
		t.Errorf("%q, %v", text, err)
	}
}

func TestQuiet(t *testing.T) {
	var news bytes.Buffer
	play(terminal.New(&bytes.Buffer{}, &news, terminal.Options{Quiet: true}))
	if news.Len() > 0 {
		t.Error(news.String())
	}
}

func summary() *simulator.Summary {
	return &simulator.Summary{Devices: 20, Connections: 18, Published: 6000, Acked: 6000, PublishS: 60.04, Rate: 100,
		AckMS: simulator.Percentiles{P50: 1, P90: 2, P99: 3.25, Max: 4}, Verified: true,
		Result: readback.Result{Stored: 6000, Readings: 14000}}
}

func TestTable(t *testing.T) {
	f := func(change func(*simulator.Summary), want ...string) {
		t.Helper()
		s := summary()
		change(s)
		var out bytes.Buffer
		if err := terminal.New(&out, &out, terminal.Options{}).Summary(s); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%q is not in\n%s", w, &out)
			}
		}
	}
	f(func(*simulator.Summary) {}, "20 on 18 connections", "6000 in 1m0s, 100/s", "p50 1.0  p90 2.0  p99 3.2  max 4.0 ms", "6000 (14000 readings)", "pass:")
	f(func(s *simulator.Summary) {
		s.Lost, s.Causes = 2, []readback.Cause{{What: "acked and not stored", Count: 2}}
		s.Findings = []readback.Finding{{Kind: readback.WrongValue, Device: "d1", What: "air.temp_c", Want: "20", Got: "293.15", Hint: "kelvin"}}
	}, "2 × acked and not stored", "want 20, got 293.15 kelvin", "FAIL")
	f(func(s *simulator.Summary) { s.Failed = 1 }, "FAIL")
	f(func(s *simulator.Summary) { s.Verified = false }, "not looked at")
	f(func(s *simulator.Summary) { s.Interrupted = true }, "nothing is proved")
	f(func(s *simulator.Summary) { s.GeneratorOverloaded, s.HeldBack, s.Disconnects = true, 3, 4 }, "OVERLOADED", "3 messages, by full connections", "disconnects")
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := terminal.New(&out, &out, terminal.Options{JSON: true}).Summary(summary()); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"published": 6000., "acked": 6000., "stored": 6000., "lost": 0., "wrong": 0., "stored_twice": 0., "unacked_but_stored": 0., "verified": true} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
}
