package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
)

// metropolis is the fleet of a metropolitan area: twenty comuni of Italy's size.
const metropolis = 50_000

// manyDevices makes n devices around four comuni.
func manyDevices(n int) []devices.Device {
	kinds := []devices.Kind{devices.WifiAP, devices.Air, devices.BBNode, devices.Noise, devices.Weather, devices.Bin, devices.Light}
	fleet := make([]devices.Device, n)
	for i := range fleet {
		code := []string{"058091", "082053", "027042", "046007"}[i%4]
		c, _ := geo.ComuneByCode(code)
		r, a := 0.16*math.Sqrt(float64(i+1)/float64(n)), float64(i)*2.39996
		fleet[i] = device(fmt.Sprintf("dev-%05d", i), kinds[i%len(kinds)], code, "", geo.Point{Lat: c.Point.Lat + r*math.Sin(a), Lon: c.Point.Lon + 1.3*r*math.Cos(a)})
	}
	return fleet
}

// recorder notes the tasks that keep a page from answering its user, and how
// long each picture takes.
const recorder = `window.tasks = []; new PerformanceObserver((list) => { for (const e of list.getEntries()) window.tasks.push(e.duration); }).observe({type: 'longtask', buffered: true});`

// strain is what a page went through.
type strain struct {
	Tasks, Elements, Rings, Devices int
	Longest, Total, HeapMB, CPU     float64 // milliseconds, but for the heap; CPU is of the page's main thread
}

// strained returns what the page went through since it was last asked.
func (b *browser) strained() (s strain) {
	b.t.Helper()
	var text string
	b.run(chromedp.Evaluate(`(() => { const tasks = window.tasks.splice(0); return JSON.stringify({
		tasks: tasks.length, longest: Math.max(0, ...tasks), total: tasks.reduce((a, t) => a + t, 0), elements: document.querySelectorAll('*').length,
		rings: document.querySelectorAll('.ring').length, devices: [...document.querySelectorAll('.ring')].reduce((n, r) => n + Number(r.dataset.count), 0)}) })()`, &text))
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		b.t.Fatal(err)
	}
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		used, _, _, _, err := runtime.GetHeapUsage().Do(ctx)
		if err != nil {
			return err
		}
		s.HeapMB = used / (1 << 20)
		metrics, err := performance.GetMetrics().Do(ctx)
		for _, m := range metrics {
			if m.Name == "TaskDuration" {
				s.CPU = m.Value * 1000
			}
		}
		return err
	}))
	return s
}

// TestFleetOfACity loads 50,000 devices into the map, moves about in it and lets
// many of them speak. What it holds is that everything is there and that what the
// page keeps is bounded; how long tasks were, -v shows.
func TestFleetOfACity(t *testing.T) {
	store, _ := withInflux(t)
	r := newRig(t, manyDevices(metropolis), store, furnished(t), func(o *Options) { o.Quarantine, o.Events = &memoryQuarantine{}, bookOfAPI{newBook(t, nil)} })
	all := r.registry.Snapshot().All()
	for _, d := range all {
		r.latest.Stored([]ingest.Point{demoPoint(t, d, time.Now().Add(-10*time.Second))})
	}
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t) // ends before the server, which its page asks all the time
	b.size(1440, 900, false)
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		if err := performance.Enable().WithTimeDomain(performance.EnableTimeDomainThreadTicks).Do(ctx); err != nil {
			return err
		}
		_, err := cdppage.AddScriptToEvaluateOnNewDocument(recorder).Do(ctx)
		return err
	}))
	spent := 0.0
	step := func(name string, do func()) strain {
		t.Helper()
		began := time.Now()
		do()
		b.until(still)
		s := b.strained()
		t.Logf("%-20s %5.0f ms of CPU in %5d ms; %2d long tasks, %5.0f ms in all, %4.0f ms the longest; heap %3.0f MB, %d elements, %d rings of %d devices",
			name, s.CPU-spent, time.Since(began).Milliseconds(), s.Tasks, s.Total, s.Longest, s.HeapMB, s.Elements, s.Rings, s.Devices)
		spent = s.CPU
		if s.Elements > 2500 || s.Rings > 400 || s.HeapMB > 700 {
			t.Errorf("%s: the page keeps too much: %+v", name, s)
		}
		return s
	}
	loaded := step("load", func() { b.open(r, "/"); b.until(drawn) })
	if loaded.Devices != metropolis {
		t.Errorf("the rings hold %d devices", loaded.Devices)
	}
	b.shoot("city-50000")
	press := func(keys ...string) func() {
		return func() {
			for _, key := range keys {
				b.run(chromedp.Focus(".maplibregl-canvas", chromedp.ByQuery), chromedp.Evaluate(`document.getElementById('map').dataset.idle = 'false'`, nil), chromedp.KeyEvent(key))
				b.until(still)
			}
		}
	}
	step("ten pans", press(kb.ArrowRight, kb.ArrowRight, kb.ArrowLeft, kb.ArrowLeft, kb.ArrowUp, kb.ArrowUp, kb.ArrowDown, kb.ArrowDown, kb.ArrowLeft, kb.ArrowRight))
	step("into Roma", func() {
		b.run(chromedp.SetValue("#comune", "058091", chromedp.ByQuery), chromedp.Evaluate(`document.getElementById('comune').dispatchEvent(new Event('change'))`, nil))
		b.until(`document.getElementById('matched').textContent.startsWith('12,500 ')`)
	})
	step("five zooms in", press("+", "+", "+", "+", "+"))
	step("five zooms out", press("-", "-", "-", "-", "-"))
	step("2,000 devices speak", func() {
		for _, d := range all[:2000] {
			r.latest.Stored([]ingest.Point{demoPoint(t, d, time.Now())})
		}
		last := point(t, all[0], "wifi_ap", time.Now().Add(time.Second), map[string]float64{"clients": 4242})
		r.latest.Stored([]ingest.Point{last})
		b.open(r, "/#devices")
		b.until(`document.querySelector('#view-devices tbody tr')?.textContent.includes('4,242')`)
	})
	listed := step("find one in the list", func() {
		b.run(chromedp.SendKeys("#q", "dev-04444", chromedp.ByQuery))
		b.until(`document.querySelectorAll('#view-devices tbody tr').length === 1 && document.querySelector('#view-devices tbody').textContent.includes('dev-04444')`)
	})
	if listed.Elements > 1200 {
		t.Errorf("a list of one device has %d elements", listed.Elements)
	}
}
