package api

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rione/devices"
	"rione/devices/reported"
	"rione/geo"
	"rione/ingest"
)

// browser is a headless Chromium that fails the test on any error of the page
// but a refusal for want of a token, and those of the statuses expected.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T, expected ...string) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: chromium is not installed; the console was not tested")
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("enable-unsafe-swiftshader", true), chromedp.Flag("use-gl", "angle"), chromedp.Flag("use-angle", "swiftshader"),
		chromedp.Flag("ignore-gpu-blocklist", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-GB"))
	allocated, endBrowser := chromedp.NewExecAllocator(context.Background(), flags...)
	tab, endTab := chromedp.NewContext(allocated)
	ctx, endTime := context.WithTimeout(tab, 4*time.Minute)
	t.Cleanup(func() {
		defer endBrowser()
		defer endTab()
		defer endTime()
		if err := chromedp.Cancel(tab); err != nil {
			t.Errorf("close the browser: %v", err)
		}
	})
	b := &browser{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page threw: %s", e.ExceptionDetails.Error())
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.LevelError && !slices.ContainsFunc(append(expected, "401"), func(status string) bool { return strings.Contains(e.Entry.Text, status) }) {
				t.Errorf("the page logged: %s %s", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	return b
}

func (b *browser) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for a JavaScript expression to be true.
func (b *browser) until(what string) {
	b.t.Helper()
	ctx, end := context.WithTimeout(b.ctx, 30*time.Second)
	defer end()
	if err := chromedp.Run(ctx, chromedp.Poll(what, nil, chromedp.WithPollingInterval(100*time.Millisecond))); err != nil {
		b.shoot("failed")
		b.t.Fatalf("waiting for %s: %v", what, err)
	}
}

// text returns what a person reads in the first element that fits.
func (b *browser) text(selector string) string {
	b.t.Helper()
	var s string
	b.run(chromedp.Text(selector, &s, chromedp.ByQuery))
	return strings.TrimSpace(s)
}

// shoot keeps a screenshot as output of the test.
func (b *browser) shoot(name string) {
	b.t.Helper()
	var png []byte
	b.run(chromedp.CaptureScreenshot(&png))
	file := filepath.Join(b.t.ArtifactDir(), name+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// size sets the window; mobile also makes fingers of the mouse.
func (b *browser) size(width, height int64, mobile bool) {
	b.run(emulation.SetDeviceMetricsOverride(width, height, 1, mobile))
}

const drawn = `document.body.dataset.loaded === 'true' && document.querySelectorAll('.ring').length > 0`

// demoRig serves a city with a day of history in a real InfluxDB.
func demoRig(t *testing.T) *rig {
	t.Helper()
	store, server := withInflux(t)
	areas := romeAreas(t)
	quarantine := &memoryQuarantine{entries: demoEntries(time.Now())}
	r := newRig(t, append(demoCity(), enrolled()), store, furnished(t), func(o *Options) {
		o.Areas = func() []geo.Area { return areas }
		o.Quarantine, o.Reported = quarantine, reported.New()
		o.Events = bookOfAPI{newBook(t, nil, happened("ev-1", "air-1", "058091", 0), happened("ev-2", "bin-1", "082053", time.Minute))}
		o.Checks = []Check{{Name: "influx", Run: func(context.Context) error { return nil }}}
	})
	r.influx = server
	now := time.Now()
	var lines []string
	for i, d := range r.registry.Snapshot().All() {
		age := 20 * time.Second
		switch {
		case i%17 == 3:
			age = 200 * time.Second
		case i%23 == 5:
			age = 2 * time.Hour
		case i%41 == 9:
			continue
		}
		p := demoPoint(t, d, now.Add(-age))
		r.latest.Stored([]ingest.Point{p})
		lines = append(lines, line(&p))
		if d.Kind == devices.Air || i%10 == 1 {
			for at := now.Add(-25 * time.Hour); at.Before(p.Time); at = at.Add(5 * time.Minute) {
				p := demoPoint(t, d, at)
				lines = append(lines, line(&p))
			}
		}
	}
	for i, comune := range []string{"058091", "082053", "027042"} {
		lines = append(lines, fmt.Sprintf("ledger,door=mqtt,comune=%s acked=%di,stored=%di,partial=0i,duplicate=3i,quarantined=%di,expired=0i,points=%di,bytes=900000i %d",
			comune, 9000-i, 8990-i, 7, 9100, now.Add(-time.Minute).UnixNano()))
	}
	write(t, server, append(lines, figures(now.Add(-time.Minute))...))
	writeWindows(t, server, r.registry.Snapshot().All(), now)
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}

// still tells that the map has drawn all it has.
const still = `document.getElementById('map').dataset.idle === 'true'`

func (b *browser) open(r *rig, path string) {
	b.t.Helper()
	b.run(cdplog.Enable(), chromedp.Navigate("http://"+r.Addr().String()+path))
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.run(chromedp.Click(selector, chromedp.ByQuery))
}

// lastAir returns a station of Roma that was heard of lately.
func (r *rig) lastAir() *devices.Device {
	r.t.Helper()
	for _, d := range r.registry.Snapshot().All() {
		if d.Kind == devices.Air && d.Current().Comune == "058091" && time.Since(r.latest.Seen(d.ID)) < 2*time.Minute {
			return d
		}
	}
	r.t.Fatal("no air station was heard of")
	return nil
}

// TestConsole walks through the console as an operator would.
func TestConsole(t *testing.T) {
	r := demoRig(t) // ends after the browser, whose page asks it all the time
	b := newBrowser(t)
	b.size(1440, 900, false)
	b.open(r, "/")
	b.until(drawn)
	b.until(still)
	b.shoot("map-italy")
	b.accessible("map")
	for _, step := range []struct {
		name string
		do   func(*testing.T, *browser, *rig)
	}{
		{"comune", chooseComune}, {"search", searchDevice}, {"live", hearNews}, {"italian", speakItalian},
		{"quarantine", workOnQuarantine}, {"events", takeEventOn}, {"ledger", readLedger}, {"pending", approveEnrolled},
		{"initiatives", readInitiatives}, {"routes", tryRoutes}, {"datasets", publishDataset}, {"tail", listenToDevice}, {"reported", placeDevice},
		{"dress", inEveryDress}, {"phone", usePhone}, {"outside", readOutside},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.do(t, &browser{t: t, ctx: b.ctx}, r) }) {
			break
		}
	}
}

func chooseComune(_ *testing.T, b *browser, _ *rig) {
	b.run(chromedp.SetValue("#comune", "058091", chromedp.ByQuery),
		chromedp.Evaluate(`document.getElementById('comune').dispatchEvent(new Event('change'))`, nil))
	b.until(`document.getElementById('matched').textContent.startsWith('190 ')`)
	b.until(`document.querySelectorAll('.ring').length === 0 && ` + still)
	b.shoot("map-rome")
}

func searchDevice(t *testing.T, b *browser, r *rig) {
	air := r.lastAir()
	b.open(r, "/#devices")
	b.until(`document.querySelectorAll('#view-devices tbody tr').length > 100`)
	b.run(chromedp.SendKeys("#q", air.ID, chromedp.ByQuery))
	b.until(`document.querySelectorAll('#view-devices tbody tr').length === 1`)
	b.run(chromedp.Focus("#view-devices tbody button", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelectorAll('#panel .figure').length === 5 && document.querySelector('#panel canvas')`)
	if got := b.text("#panel h2"); got != air.Name {
		t.Errorf("the panel is of %s, want %s", got, air.Name)
	}
	b.shoot("devices")
	b.accessible("devices")
	b.click("#views a[data-view=map]") // the device stays open
	b.run(chromedp.Evaluate(`q.value = '', q.dispatchEvent(new Event('input'))`, nil))
	b.until(`document.getElementById('matched').textContent.startsWith('190 ')`)
	b.until(still)
	b.shoot("panel")
}

// hearNews stores a reading: it must appear without a reload.
func hearNews(t *testing.T, b *browser, r *rig) {
	p := point(t, r.lastAir(), "air", time.Now(), map[string]float64{"pm10_ugm3": 77.7}, ingest.Tag{Name: "grade", Value: "indicative"})
	r.latest.Stored([]ingest.Point{p})
	b.until(`document.getElementById('panel').textContent.includes('77.7')`)
}

func speakItalian(_ *testing.T, b *browser, _ *rig) {
	b.click("#language")
	b.until(`document.documentElement.lang === 'it' && document.getElementById('panel').textContent.includes('77,7')`)
	b.click("#theme")
	b.until(`document.documentElement.dataset.theme === 'dark' && ` + still)
	b.until(`document.querySelector('#panel canvas')`)
	b.shoot("dark-italian")
	b.accessible("dark")
}

// workOnQuarantine reads a message, is refused without a token, then approves a
// device: its messages are replayed.
func workOnQuarantine(t *testing.T, b *browser, r *rig) {
	b.open(r, "/#quarantine")
	b.until(`document.querySelectorAll('#view-quarantine tbody tr').length === 2`)
	b.click("#view-quarantine tbody tr:nth-child(2) button")
	b.until(`document.querySelector('#view-quarantine details')`)
	b.click("#view-quarantine summary")
	b.until(`document.querySelector('#view-quarantine pre')?.textContent.includes('clients')`)
	b.shoot("quarantine")
	b.accessible("quarantine")
	b.click("#view-quarantine tbody tr:nth-child(2) .actions button:nth-child(2)")
	b.until(`document.getElementById('ask').open`)
	b.run(chromedp.SetValue("#secret", adminToken, chromedp.ByQuery))
	b.click("#ask button[value=ok]")
	b.click("#view-quarantine tbody tr:nth-child(1) .actions button")
	b.until(`document.querySelector('#approve input[name=comune]')?.value === '058091'`)
	b.run(chromedp.SetValue("#approve input[name=name]", `Fontana, "nuova"`, chromedp.ByQuery))
	b.accessible("approve")
	b.shoot("approve")
	b.click("#approve button[value=ok]")
	b.until(`document.querySelectorAll('#view-quarantine tbody tr').length === 1`)
	if d := r.registry.Snapshot().Device("air-fontana-7"); d == nil || d.Name != `Fontana, "nuova"` || d.Kind != devices.Air {
		t.Errorf("registered: %+v", d)
	}
}

// takeEventOn sees an event come by the live feed and takes another one on; the
// token is that of the step before.
func takeEventOn(t *testing.T, b *browser, r *rig) {
	b.open(r, "/#events")
	const rows = `document.querySelectorAll('#view-events tbody tr').length`
	b.until(rows + ` === 2`)
	b.accessible("events")
	b.run(chromedp.SetValue("#view-events tbody tr:nth-child(2) input", "si va a vedere", chromedp.ByQuery))
	b.click("#view-events tbody tr:nth-child(2) button")
	b.until(`document.querySelector('#view-events tbody tr:nth-child(2)')?.textContent.includes('si va a vedere')`)
	b.shoot("events")
	e, err := r.o.Events.Get("ev-1")
	if err != nil || e.Ack == nil || e.Ack.Who != "admin" || e.Ack.Note != "si va a vedere" {
		t.Errorf("taken on: %+v, %v", e, err)
	}
	news := happened("ev-3", "air-2", "058091", 2*time.Minute)
	if err := r.o.Events.(bookOfAPI).Put(t.Context(), news); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Evaluate(`document.activeElement?.blur()`, nil))
	r.Announce(news)
	b.until(rows + ` === 3`)
}

func readLedger(_ *testing.T, b *browser, r *rig) {
	b.open(r, "/#ledger")
	b.until(`document.querySelectorAll('#view-ledger tbody tr').length === 7`)
	// Last comes the quarantine by reason: the one that is left, and the total.
	const reasons = `[...document.querySelectorAll('#view-ledger .scroll:last-child tbody tr')].map((r) => r.lastChild.textContent)`
	b.until(`document.querySelector('#view-ledger .scroll:last-child code')?.textContent === 'wrong_type'`)
	b.until(reasons + `.length === 2 && Number(` + reasons + `[0]) > 0 && ` + reasons + `[0] === ` + reasons + `[1]`)
	b.shoot("ledger")
	b.accessible("ledger")
}

// everyView is each page of the console.
func everyView() []string {
	return []string{"map", "devices", "initiatives", "initiatives/roma", "events", "quarantine", "pending", "ledger", "routes", "datasets"}
}

// usePhone looks at every page on a narrow screen: none is wider than it.
func usePhone(t *testing.T, b *browser, r *rig) {
	b.size(390, 844, true)
	b.open(r, "/#map")
	b.until(`location.hash === '#map?comune=058091'`)
	b.run(chromedp.Reload())
	b.until(`document.body.dataset.loaded === 'true' && document.getElementById('comune').value === '058091'`) // as it was
	b.click("#clear")
	b.until(drawn)
	b.until(still)
	b.shoot("phone")
	for _, view := range everyView() {
		b.visit(r, view)
		b.until(`document.documentElement.scrollWidth <= 390`)
		b.shoot("phone-" + strings.ReplaceAll(view, "/", "-"))
		if t.Failed() {
			return
		}
	}
}

// accessible lets axe-core look at the page. It is not part of the project:
// RIONE_TEST_AXE names its axe.min.js.
func (b *browser) accessible(name string) {
	b.t.Helper()
	file := os.Getenv("RIONE_TEST_AXE")
	if file == "" {
		b.t.Logf("SKIPPED: RIONE_TEST_AXE does not name axe.min.js; accessibility of %s was not tested", name)
		return
	}
	b.until(`document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getComputedTiming().iterations === Infinity)`) // colours on their way are no colours
	source, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	var violations []struct {
		ID, Impact, Help string
		Nodes            []struct{ HTML, FailureSummary string }
	}
	var there bool
	b.run(chromedp.Evaluate(`Boolean(window.axe)`, &there))
	if !there {
		b.run(chromedp.Evaluate(string(source), nil))
	}
	look := `axe.run({resultTypes: ['violations'], preload: false}).then((r) => r.violations)`
	b.run(chromedp.Evaluate(look, &violations,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	for _, v := range violations {
		b.t.Errorf("%s: %s (%s): %s, %d times, first %s: %s", name, v.ID, v.Impact, v.Help, len(v.Nodes), v.Nodes[0].HTML, v.Nodes[0].FailureSummary)
	}
}
