package api

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"rione/api/opendata"
	"rione/devices"
	"rione/devices/reported"
	"rione/geo"
	"rione/ingest/influx/influxtest"
)

// enrolled is a device that came by itself and waits for approval.
func enrolled() devices.Device {
	d := device("bin-nuovo-1", devices.Bin, "058091", "Municipio I", geo.Point{Lat: 41.9, Lon: 12.5})
	d.Pending = true
	return d
}

// oneMessage is a device's tail with one message in it.
type oneMessage struct{}

func (oneMessage) Tail(ctx context.Context, id string, _ time.Time, _ bool, tell func([]byte) error) error {
	message := `{"id":"1-0","received":"2026-11-22T10:00:00Z","topic":"sc/v1/058091/air/` + id + `/up","format":"native","payload":"{\"temp_c\":\"21.4\"}",
		"outcome":"partial","readings":[],"points":[{"device":"` + id + `","measurement":"air","tags":{},"time":"2026-11-22T10:00:00Z","fields":{"temp_c":21.4},"q":0}],
		"notes":[{"what":"type","field":"air.temp_c","from":"text","to":"float","why":"a number was sent as text"}],"refused":[{"reason":"unknown_field","field":"tmp"}]}`
	if err := tell([]byte(strings.ReplaceAll(message, "\n", " "))); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// furnished gives a server what the pages beside the map show.
func furnished(t *testing.T) rigOption {
	t.Helper()
	list, err := opendata.Open(t.Context(), forgetful{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := opendata.Publication{
		ID: "roma-aria", Title: opendata.Text{IT: "Aria di Roma", EN: "Air of Roma"}, Description: opendata.Text{IT: "Stazioni", EN: "Stations"},
		Comuni: []string{"058091"}, Measurement: "air", Form: opendata.Single, DelayH: 24, Holder: opendata.Holder{Name: "Roma Capitale", Code: "c_h501"}, Theme: "ENVI",
	}
	if _, err := list.Put(t.Context(), "anna", p, time.Now()); err != nil {
		t.Fatal(err)
	}
	return func(o *Options) {
		o.Publications, o.Routes, o.Tails, o.Initiatives = list, &memoryRoutes{}, oneMessage{}, twoInitiatives()
	}
}

// writeWindows makes a year of hours and days of what air stations said.
func writeWindows(t *testing.T, server *influxtest.Server, fleet []*devices.Device, now time.Time) {
	t.Helper()
	server.Buckets("city_1h", "city_1d")
	var hours, days []string
	for _, d := range fleet {
		if d.Kind != devices.Air {
			continue
		}
		tags := "comune=" + d.Current().Comune + ",device_id=" + d.ID + ",grade=indicative"
		for at := now.Truncate(24*time.Hour).AddDate(-1, 0, 1); at.Before(now); at = at.AddDate(0, 0, 7) {
			mean := 14 + 6*math.Sin(float64(at.YearDay())/58)
			hours = append(hours, fmt.Sprintf("air_1h,%s pm25_ugm3_n=12i,pm25_ugm3_mean=%v %d", tags, mean, at.UnixNano()))
			days = append(days, fmt.Sprintf("air_1d,%s pm25_ugm3_n=288i,pm25_ugm3_mean=%v %d", tags, mean, at.UnixNano()))
		}
	}
	writeTo(t, server, "city_1h", hours)
	writeTo(t, server, "city_1d", days)
}

// visit opens a page of the console and waits until it has something to say.
func (b *browser) visit(r *rig, view string) {
	b.t.Helper()
	b.open(r, "/#"+view)
	name, _, _ := strings.Cut(view, "/")
	b.until(`document.body.dataset.view === '` + name + `'`)
	if name != "map" {
		b.until(`document.querySelector('#view-` + name + ` h1')`)
	}
	if view != name {
		b.until(`document.querySelector('#view-` + name + ` progress')`)
	}
}

// approveEnrolled lets in a device that came by itself.
func approveEnrolled(t *testing.T, b *browser, r *rig) {
	b.visit(r, "pending")
	b.until(`document.querySelectorAll('#view-pending tbody tr').length === 1 && document.getElementById('waiting').textContent === '1'`)
	b.shoot("pending")
	b.accessible("pending")
	b.click("#view-pending tbody button")
	b.until(`document.querySelectorAll('#view-pending tbody tr').length === 0`)
	if r.registry.Snapshot().Device("bin-nuovo-1").Pending {
		t.Error("the device still waits")
	}
}

// readInitiatives reads what an initiative has reached, and how to connect Grafana.
func readInitiatives(t *testing.T, b *browser, r *rig) {
	b.visit(r, "initiatives")
	b.until(`document.querySelectorAll('#view-initiatives .card').length === 2`)
	if text := b.text("#view-initiatives"); !strings.Contains(text, "RIONE_GRAFANA_URL") {
		t.Errorf("the page does not say how Grafana is connected: %s", text)
	}
	b.shoot("initiatives")
	b.accessible("initiatives")
	b.click("#view-initiatives .card:first-child a")
	b.until(`document.querySelector('#view-initiatives progress')?.value > 76`) // (94.5 - 80) of (99 - 80)
	text := b.text("#view-initiatives")
	for _, want := range []string{"Wi-Fi in servizio", "94,5 %", "80 %", "99 %", "Dipartimento", "Municipio II", "97,5 %", "non ancora"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page of the initiative lacks %q: %s", want, text)
		}
	}
	b.shoot("initiative")
	b.accessible("initiative")
}

func tryRoutes(t *testing.T, b *browser, r *rig) {
	b.visit(r, "routes")
	b.until(`document.querySelectorAll('#view-routes tbody tr').length > 3`)
	b.run(chromedp.SendKeys("#view-routes input[name=topic]", "sc/v1/058091/air/aria-7/up\r", chromedp.ByQuery))
	b.until(`document.querySelector('#view-routes output').textContent.includes('native')`)
	b.run(chromedp.SetValue("#view-routes input[name=topic]", "no/such/topic/at/all", chromedp.ByQuery))
	b.click("#view-routes form button")
	b.until(`document.querySelector('#view-routes output').textContent.includes('quarantena')`)
	b.shoot("routes")
	b.accessible("routes")
}

// publishDataset publishes a data set, which asks first.
func publishDataset(t *testing.T, b *browser, r *rig) {
	b.visit(r, "datasets")
	const button = `#view-datasets button[aria-label$="Aria di Roma"]`
	b.until(`document.querySelector('` + button + `')?.textContent === 'Pubblica'`)
	b.accessible("datasets")
	b.click(button)
	b.until(`document.querySelector('dialog.sure[open]')?.textContent.includes('Aria di Roma')`)
	b.accessible("question")
	b.click("dialog.sure button[value=no]")
	b.until(`!document.querySelector('dialog.sure') && document.querySelector('` + button + `').textContent === 'Pubblica'`)
	b.click(button)
	b.until(`document.querySelector('dialog.sure[open]')`)
	b.click("dialog.sure button[value=yes]")
	b.until(`document.querySelector('` + button + `')?.textContent === 'Ritira'`)
	if !slices.ContainsFunc(r.o.Publications.List(), func(p opendata.Publication) bool { return p.ID == "roma-aria" && p.Published && p.Author == "admin" }) {
		t.Errorf("not published: %+v", r.o.Publications.List())
	}
	b.shoot("datasets")
}

// listenToDevice hears what a device says, and stops.
func listenToDevice(t *testing.T, b *browser, r *rig) {
	b.open(r, "/#devices")
	b.until(`document.querySelectorAll('#view-devices tbody tr').length > 100`)
	b.run(chromedp.Evaluate(`q.value = '`+r.lastAir().ID+`', q.dispatchEvent(new Event('input'))`, nil))
	b.until(`document.querySelectorAll('#view-devices tbody tr').length === 1`)
	b.click("#view-devices tbody button")
	b.until(`document.querySelector('#panel .tail button')`)
	b.click("#panel .tail button")
	b.until(`document.querySelectorAll('#panel .messages details').length === 1`)
	b.click("#panel .messages summary")
	if text := b.text("#panel .messages"); !strings.Contains(text, "a number was sent as text") || !strings.Contains(text, "unknown_field") || !strings.Contains(text, "salvato in parte") {
		t.Errorf("the tail does not tell everything: %s", text)
	}
	b.accessible("tail")
	b.shoot("tail")
	b.click("#panel .tail button")
	b.until(`document.querySelector('#panel .tail [role=status]').textContent === 'Fermo.'`)
	b.click("#panel .switch button:nth-child(5)")
	b.until(`document.querySelector('#panel .level')?.textContent.includes('finestre di')`)
	b.run(chromedp.Evaluate(`q.value = '', q.dispatchEvent(new Event('input'))`, nil))
}

// placeDevice puts a device where it says that it is.
func placeDevice(t *testing.T, b *browser, r *rig) {
	d := r.lastAir()
	from := d.Current().Point
	to := geo.Point{Lat: from.Lat + 0.003, Lon: from.Lon}
	r.o.Reported.(*reported.Positions).Note(d.ID, to, time.Now())
	b.open(r, "/#devices")
	b.until(`document.querySelectorAll('#view-devices tbody tr').length > 100`)
	b.run(chromedp.Evaluate(`q.value = '`+d.ID+`', q.dispatchEvent(new Event('input'))`, nil))
	b.until(`document.querySelectorAll('#view-devices tbody tr').length === 1`)
	b.click("#view-devices tbody button")
	b.until(`document.querySelector('#panel .reported button')`)
	if text := b.text("#panel .reported"); !strings.Contains(text, "Dice di essere a 334 m da qui") {
		t.Errorf("the panel says %s", text)
	}
	b.accessible("reported")
	b.shoot("reported")
	b.click("#panel .reported button")
	b.until(`document.querySelector('#panel .reported').textContent.includes('ora in poi')`)
	if at := r.registry.Snapshot().Device(d.ID).Current().Point; at != to {
		t.Errorf("it stands at %v, and said %v", at, to)
	}
	b.run(chromedp.Evaluate(`q.value = '', q.dispatchEvent(new Event('input'))`, nil))
}

// inEveryDress looks at every page in both languages and both themes, and that
// its first words are of the language.
func inEveryDress(_ *testing.T, b *browser, r *rig) {
	for _, dress := range []struct{ theme, language, initiatives string }{
		{"light", "it", "Iniziative"}, {"light", "en", "Initiatives"}, {"dark", "en", "Initiatives"}, {"dark", "it", "Iniziative"},
	} {
		b.dress("theme", `document.documentElement.dataset.theme === '`+dress.theme+`'`)
		b.dress("language", `document.documentElement.lang === '`+dress.language+`'`)
		for _, view := range everyView() {
			b.visit(r, view)
			b.accessible(dress.theme + " " + dress.language + " " + view)
			if dress.theme == "light" && dress.language == "it" {
				b.shoot("light-" + strings.ReplaceAll(view, "/", "-"))
			}
		}
		b.open(r, "/#initiatives")
		b.until(`document.querySelector('#view-initiatives h1').textContent === '` + dress.initiatives + `'`)
	}
}

// dress presses a button of the tools unless the page is so already.
func (b *browser) dress(button, is string) {
	b.t.Helper()
	var already bool
	b.run(chromedp.Evaluate(is, &already))
	if !already {
		b.click("#" + button)
		b.until(is)
	}
}

// readOutside looks at the pages that are not the console's, on a desk and on a
// phone, light and dark.
func readOutside(_ *testing.T, b *browser, r *rig) {
	for _, outside := range [][2]string{{"docs", "/docs"}, {"claim", "/claim"}, {"opendata", "/opendata?lang=it"}, {"opendata-en", "/opendata?lang=en"}} {
		name, path := outside[0], outside[1]
		for _, theme := range []string{"light", "dark"} {
			b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}),
				chromedp.Evaluate(`localStorage.setItem('rione.theme', '`+theme+`')`, nil))
			b.size(1200, 900, false)
			b.open(r, path)
			b.until(`document.readyState === 'complete' && document.querySelector('h1')`)
			if name == "docs" {
				b.until(`document.querySelectorAll('.operation').length > 20`)
			}
			b.accessible(theme + " " + name)
			b.shoot(name + "-" + theme)
			b.size(390, 844, true)
			b.until(`document.documentElement.scrollWidth <= 390`)
			b.shoot("phone-" + name + "-" + theme)
		}
	}
}
