package api

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
)

// browser is a headless Chromium that fails the test on any error of the page.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
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
	ctx, endTime := context.WithTimeout(tab, 2*time.Minute)
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
			if e.Entry.Level == cdplog.LevelError {
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
	r := newRig(t, demoCity(), store, func(o *Options) {
		o.Areas = func() []geo.Area { return areas }
		o.Quarantine = quarantine
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
	write(t, server, lines)
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestConsole(t *testing.T) {
	b := newBrowser(t)
	r := demoRig(t)
	page := "http://" + r.Addr().String() + "/"
	b.size(1440, 900, false)
	b.run(cdplog.Enable(), chromedp.Navigate(page))
	b.until(drawn)
	b.shoot("map-italy")

	b.run(chromedp.SetValue("#comune", "058091", chromedp.ByQuery),
		chromedp.Evaluate(`document.getElementById('comune').dispatchEvent(new Event('change'))`, nil))
	b.until(`document.getElementById('matched').textContent.startsWith('190 ')`)
	b.run(chromedp.Sleep(1500 * time.Millisecond))
	b.shoot("map-rome")

	var air *devices.Device
	for _, d := range r.registry.Snapshot().All() {
		if d.Kind == devices.Air && d.Current().Comune == "058091" && r.latest.Seen(d.ID).After(time.Now().Add(-time.Hour)) {
			air = d
		}
	}
	b.run(chromedp.Navigate(page + "#devices"))
	b.run(chromedp.SendKeys("#q", air.ID, chromedp.ByQuery))
	b.until(`document.querySelectorAll('#view-devices tbody tr').length === 1`)
	b.run(chromedp.Click("#view-devices tbody button", chromedp.ByQuery))
	b.until(`document.querySelectorAll('#panel .figure').length === 5`)
	b.run(chromedp.Sleep(800 * time.Millisecond))
	b.shoot("devices")
	b.run(chromedp.Navigate(page + "#map"))
	b.run(chromedp.Sleep(1500 * time.Millisecond))
	b.shoot("panel")

	p := point(t, air, "air", time.Now(), map[string]float64{"pm10_ugm3": 77.7})
	p.Tags = []ingest.Tag{{Name: "grade", Value: "indicative"}}
	r.latest.Stored([]ingest.Point{p})
	b.until(`document.getElementById('panel').textContent.includes('77.7')`)

	b.run(chromedp.Click("#language", chromedp.ByQuery))
	b.until(`document.documentElement.lang === 'it' && document.getElementById('panel').textContent.includes('77,7')`)
	b.run(chromedp.Click("#theme", chromedp.ByQuery), chromedp.Sleep(1500*time.Millisecond))
	b.shoot("dark-italian")
	b.run(chromedp.Navigate(page + "#quarantine"))
	b.until(`document.querySelectorAll('#view-quarantine tbody tr').length > 0`)
	b.shoot("quarantine")
	b.run(chromedp.Navigate(page + "#ledger"))
	b.until(`document.querySelectorAll('#view-ledger tbody tr').length > 0`)
	b.shoot("ledger")
	b.size(390, 844, true)
	b.run(chromedp.Navigate(page+"#map"), chromedp.Reload())
	b.until(drawn)
	b.run(chromedp.Sleep(1500 * time.Millisecond))
	b.shoot("phone")
	b.size(1200, 900, false)
	b.run(chromedp.Navigate(page + "docs"))
	b.until(`document.querySelectorAll('.operation').length > 20`)
	b.shoot("docs")
}
