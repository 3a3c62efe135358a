package report_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/readback"
	"rione/simulator/report"
)

// example is a report of a run that failed.
func example() *report.Report {
	s := &simulator.Summary{
		Devices: 300, Connections: 240, Published: 45_090, Acked: 45_089, Failed: 1, Rate: 150, Verified: true, Manifest: strings.Repeat("ab", 32),
		AckMS: simulator.Percentiles{P50: 12.5, P90: 40, P99: 99.5, Max: 200}, Probed: 7,
		Faults: simulator.FaultCounts{Garbage: 88},
		Result: readback.Result{
			Stored: 45_080, Lost: 9, Causes: []readback.Cause{{What: "lat and lon are swapped", Count: 9}},
			Findings: []readback.Finding{{Kind: readback.Lost, Device: "sim-1", What: "air", Want: "<b>1</b>", Time: time.Unix(1_774_000_000, 0)}},
		},
	}
	for i := range 30 {
		s.Timeline = append(s.Timeline, simulator.Sample{At: float64(i + 1), Published: 150, Acked: int64(140 + i), AckP50: 10, AckP99: 100})
	}
	return &report.Report{Title: "Outage & drill", About: "What <goes> wrong", Target: "tcp://127.0.0.1:1883", Made: time.Unix(1_774_000_000, 0).UTC(),
		Version: "rione dev", Checks: s.Checks(simulator.Limits{AckP99: time.Second}), Summary: s}
}

func write(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestThePageSaysEverything(t *testing.T) {
	html := write(t, example())
	for _, want := range []string{
		"Outage &amp; drill", "What &lt;goes&gt; wrong", "FAIL", "45\u202f090", "lat and lon are swapped", "&lt;b&gt;1&lt;/b&gt;",
		"tcp://127.0.0.1:1883", strings.Repeat("ab", 32), "polyline", "prefers-color-scheme: dark", "publish → ack p99", "2026-03-20 09:46:40",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	pass := example()
	pass.Checks = []simulator.Check{{Name: "lost", Pass: true}}
	if html := write(t, pass); strings.Contains(html, "FAIL") || !strings.Contains(html, ">pass<") {
		t.Error("a run that passes is not said to")
	}
}

// Nothing is fetched from anywhere, so the page can be kept and sent.
func TestThePageNeedsNothingElse(t *testing.T) {
	html := write(t, example())
	if found := regexp.MustCompile(`(?i)(src|href)=|url\(|@import|<script|<link|https?://`).FindString(strings.ReplaceAll(html, "tcp://", "")); found != "" {
		t.Errorf("the page refers to something: %q", found)
	}
}

func TestPlotsAreWellFormed(t *testing.T) {
	for _, r := range []*report.Report{example(), {Summary: &simulator.Summary{}}} { // the second one has nothing to plot
		html := write(t, r)
		plots := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(html, -1)
		if len(plots) != 3 {
			t.Errorf("%d plots", len(plots))
		}
		for _, p := range plots {
			d := xml.NewDecoder(strings.NewReader(p))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%v in %.200s", err, p)
				}
			}
			if strings.Contains(p, "NaN") || strings.Contains(p, "Inf") {
				t.Errorf("a plot has no numbers: %.300s", p)
			}
		}
	}
}

func TestABrokenHistogramIsAnError(t *testing.T) {
	r := example()
	r.Summary.Histograms.Ack = "nonsense"
	if err := r.WriteHTML(io.Discard); err == nil {
		t.Error("nonsense was plotted")
	}
}

// A real browser draws the page.
func TestABrowserDrawsThePage(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: chromium is not installed; without it nobody has looked at the report")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "report.html")
	if err := writeFile(file, write(t, example())); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "profile"), "--dump-dom", "file://"+file)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if dom := string(out); strings.Count(dom, "<polyline") != 4 || !strings.Contains(dom, "</main>") {
		t.Errorf("the browser sees\n%.500s", dom)
	}
}

func writeFile(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }
