package api

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rione/devices/event"
	"rione/ingest"
)

// TestConsoleInTrouble uses the console where things are not as they should be:
// addresses that name nothing, a store that is down, no connection, a slow one, a
// token that is no longer valid, a clock elsewhere. All share one browser.
func TestConsoleInTrouble(t *testing.T) {
	over := happened("ev-9", "bin-1", "082053", time.Hour)
	over.State, over.Closed = event.Closed, over.Raised.Add(20*time.Minute)
	alarm := happened("ev-8", "air-058091-001", "058091", time.Minute)
	alarm.Source = event.FromDevice
	r := newRig(t, demoCity(), furnished(t), func(o *Options) { // ends after the browser, whose page asks it all the time
		o.Quarantine = &memoryQuarantine{entries: demoEntries(time.Now())}
		o.Events = bookOfAPI{newBook(t, nil, over, alarm)}
	})
	for _, d := range r.registry.Snapshot().All() {
		r.latest.Stored([]ingest.Point{demoPoint(t, d, time.Now().Add(-20*time.Second))})
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, "404", "50", "ERR_INTERNET_DISCONNECTED")
	b.size(1100, 700, false) // small: it is drawn in software
	b.run(emulation.SetTimezoneOverride("America/New_York"))
	b.open(r, "/#devices/air-058091-001?comune=058091&kind=air")
	for _, step := range []struct {
		name string
		do   func(*testing.T, *browser, *rig)
	}{
		{"links", followLinks}, {"filters", countWhatIsLeft}, {"nothing", findNothing}, {"names", openWhatIsNot}, {"failure", showFailure},
		{"clock", readClockOfItaly}, {"over", readWhatIsOver}, {"expiry", refuseStaleToken}, {"away", loseConnection}, {"slow", waitForSlowPage},
		{"still", keepStill}, {"words", writeAsPeopleDo}, {"fingers", useFingers},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.do(t, &browser{t: t, ctx: b.ctx}, r) }) {
			break
		}
	}
}

// same waits until a JavaScript expression says what is wanted.
func (b *browser) same(expression, want string) {
	b.t.Helper()
	b.until(`String(` + expression + `) === '` + want + `'`)
}

const opened = `document.querySelector('#panel:not([hidden]) h2')?.textContent`

// followLinks opens a link to a device and its filters, goes to the map with it,
// back, forward, and loads the page anew.
func followLinks(_ *testing.T, b *browser, _ *rig) {
	const air = "#devices/air-058091-001?comune=058091&kind=air"
	const onMap = "#map/air-058091-001?comune=058091&kind=air"
	b.same(opened, "Aria Roma 2")
	b.same(`[document.getElementById('comune').value, document.title, document.activeElement.id]`, "058091,Devices · rione,panel")
	b.click("#views a[data-view=map]")
	b.same(`[location.hash, `+opened+`, document.title]`, onMap+",Aria Roma 2,Map · rione")
	b.run(chromedp.NavigateBack())
	b.same(`[location.hash, document.body.dataset.view, `+opened+`]`, air+",devices,Aria Roma 2")
	b.run(chromedp.NavigateForward())
	b.same(`[location.hash, document.body.dataset.view]`, onMap+",map")
	b.run(chromedp.Reload())
	b.same(`[location.hash, `+opened+`, document.getElementById('comune').value]`, onMap+",Aria Roma 2,058091")
	b.click("#panel .close")
	b.same(`[location.hash, document.getElementById('panel').hidden]`, "#map?comune=058091&kind=air,true")
	b.run(chromedp.NavigateBack())
	b.same(opened, "Aria Roma 2")
}

// countWhatIsLeft holds that boxes count what the other filters leave, and that
// names are found without accents and in any order of words.
func countWhatIsLeft(t *testing.T, b *browser, _ *rig) {
	const count = `Number(document.querySelector('#states .online small').textContent)`
	const shown = `Number(document.getElementById('matched').textContent.split(' ')[0])`
	b.until(count + ` === ` + shown + ` && ` + shown + ` > 0`)
	var air, all int
	b.run(chromedp.Evaluate(shown, &air))
	b.click("#kinds .air input")
	b.until(shown + ` > 100 && ` + count + ` === ` + shown)
	b.run(chromedp.Evaluate(shown, &all), chromedp.Evaluate(`Number(document.querySelector('#kinds .air small').textContent)`, &all))
	if all != air {
		t.Errorf("the box of air says %d, and there were %d", all, air)
	}
	b.same(`location.hash.includes('kind')`, "false")
	b.run(chromedp.Focus("#q", chromedp.ByQuery), chromedp.KeyEvent("ROMÀ aria"))
	b.until(shown + ` === ` + count + ` && location.hash.includes('q=ROM') && ` + shown + ` === Number(document.querySelector('#kinds .air small').textContent)`)
	b.click("#clear")
	b.same(`[document.getElementById('q').value, document.getElementById('clear').hidden, document.activeElement.id]`, ",true,q")
}

// findNothing says so where no device fits, with the way out.
func findNothing(_ *testing.T, b *browser, r *rig) {
	b.open(r, "/#devices?q=nonesuch")
	b.until(`document.querySelector('#view-devices .empty')?.textContent.includes('No device fits') && !document.querySelector('#view-devices table')`)
	b.accessible("nothing found")
	b.shoot("nothing-found")
	b.click("#view-devices .empty button")
	b.until(`document.querySelectorAll('#view-devices tbody tr').length > 100 && location.hash === '#devices'`)
}

// openWhatIsNot opens addresses that name nothing.
func openWhatIsNot(_ *testing.T, b *browser, r *rig) {
	b.open(r, "/#devices/air-%E0%A4%A")
	b.until(`document.getElementById('toast').textContent.startsWith('No device is called air-')`)
	b.open(r, "/#datasets/nonesuch")
	b.until(`document.querySelector('#view-datasets .empty')?.textContent === 'No data set is called so.'`)
	b.open(r, "/#nonesuch")
	b.same(`[document.body.dataset.view, location.hash]`, "map,#map")
	b.open(r, "/#datasets/roma-aria")
	b.until(`document.querySelector('#view-datasets h1')?.textContent === 'Air of Roma' && document.querySelector('#view-datasets .facts').textContent.includes('Roma Capitale')`)
	b.accessible("data set")
}

// showFailure says in the page what went wrong, and tries again when asked.
func showFailure(_ *testing.T, b *browser, r *rig) {
	b.open(r, "/#initiatives/roma") // its figures come from the store, which is down
	b.until(`document.querySelector('#view-initiatives [role=alert]')?.textContent.includes('did not work')`)
	b.accessible("failure")
	b.shoot("failure")
	b.run(chromedp.Evaluate(`document.querySelector('#view-initiatives [role=alert]').dataset.old = 'yes'`, nil))
	b.click("#view-initiatives [role=alert] button")
	b.until(`document.querySelector('#view-initiatives [role=alert]:not([data-old])')`)
}

// readClockOfItaly reads times in Italy's zone in a browser of New York.
func readClockOfItaly(t *testing.T, b *browser, r *rig) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	groups := get[GroupList](r, "/v1/quarantine/groups")
	b.visit(r, "quarantine")
	b.until(`document.querySelectorAll('#view-quarantine tbody tr').length === 2`)
	text := b.text("#view-quarantine")
	for _, g := range groups.Groups {
		if want := g.First.In(rome).Format("02/01/2006, 15:04:05"); !strings.Contains(text, want) {
			t.Errorf("the page does not say %s: %s", want, text)
		}
	}
}

// readWhatIsOver finds an event that is over below the open ones, and ends an
// alarm, which presence's events cannot be.
func readWhatIsOver(_ *testing.T, b *browser, r *rig) {
	b.visit(r, "events")
	b.until(`document.querySelectorAll('#view-events table').length === 2 && document.getElementById('news').textContent === '1'`)
	b.until(`document.querySelector('#view-events h2').textContent === 'Lately over'`)
	b.accessible("events over")
	b.shoot("events-over")
	b.run(chromedp.Evaluate(`sessionStorage.setItem('rione.token', '`+adminToken+`')`, nil))
	b.click("#view-events .doing > button")
	b.until(`document.querySelectorAll('#view-events table').length === 1 && document.querySelectorAll('#view-events tbody tr').length === 2`)
}

// refuseStaleToken says why it asks when a token is refused, and goes on where it
// was when there is a good one.
func refuseStaleToken(_ *testing.T, b *browser, r *rig) {
	b.run(chromedp.Evaluate(`sessionStorage.setItem('rione.token', 'was-good-yesterday')`, nil))
	b.open(r, "/#ledger")
	b.until(`document.getElementById('ask').open && document.getElementById('why').textContent.includes('refused')`)
	b.accessible("expired")
	b.until(`document.querySelector('.strip .status').textContent.includes('no access')`)
	b.run(chromedp.SetValue("#secret", adminToken, chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	b.until(`!document.getElementById('ask').open && document.querySelector('.strip .status').textContent.includes('ready')`)
	b.open(r, "/#quarantine")
	b.until(`document.querySelectorAll('#view-quarantine tbody tr').length === 2`)
}

// network takes the page's network away, or gives it back.
func (b *browser) network(away bool) {
	b.t.Helper()
	b.run(network.Enable(), network.EmulateNetworkConditions(away, 0, -1, -1))
}

// loseConnection tells that there is no connection, and since when; what is said
// meanwhile is there when it is back.
func loseConnection(t *testing.T, b *browser, r *rig) {
	b.open(r, "/#devices/air-058091-001")
	b.same(opened, "Aria Roma 2")
	b.network(true)
	b.until(`/^No connection to rione since \d\d:\d\d:\d\d/.test(document.getElementById('away').textContent)`)
	b.accessible("away")
	b.shoot("away")
	p := point(t, r.registry.Snapshot().Device("air-058091-001"), "air", time.Now(), map[string]float64{"pm10_ugm3": 66.6}, ingest.Tag{Name: "grade", Value: "indicative"})
	r.latest.Stored([]ingest.Point{p})
	b.network(false)
	b.until(`document.getElementById('away').textContent === '' && document.getElementById('panel').textContent.includes('66.6')`)
}

// hold keeps the answers about waiting devices back until window.held is resolved.
const hold = `window.held = Promise.withResolvers(); window.quick = window.fetch;
	window.fetch = async (address, how) => { if (String(address).includes('pending=')) await held.promise; return quick(address, how); }`

// waitForSlowPage says that a page is loading, and lets it not cover one that was
// asked for later.
func waitForSlowPage(_ *testing.T, b *browser, r *rig) {
	b.run(chromedp.Evaluate(hold, nil))
	b.open(r, "/#pending")
	b.until(`document.querySelector('#view-pending .loading') && document.getElementById('view-pending').getAttribute('aria-busy') === 'true'`)
	b.accessible("loading")
	b.open(r, "/#routes")
	b.until(`document.querySelectorAll('#view-routes tbody tr').length > 3`)
	b.run(chromedp.Evaluate(`held.resolve(), window.fetch = quick`, nil))
	b.same(`[document.body.dataset.view, document.getElementById('view-routes').hidden]`, "routes,false")
	b.open(r, "/#pending")
	b.until(`document.querySelector('#view-pending .empty, #view-pending table') && !document.querySelector('#view-pending .loading')`)
}

// keepStill moves nothing for those who asked for that.
func keepStill(_ *testing.T, b *browser, r *rig) {
	b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}))
	b.open(r, "/#map")
	b.run(chromedp.Reload())
	b.until(`document.body.dataset.loaded === 'true'`)
	b.until(still)
	b.run(chromedp.Evaluate(`document.querySelector('#views a').focus()`, nil))
	b.same(`document.getAnimations().length + [...document.querySelectorAll('*')].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0 && e.closest('header, main:not(.maplibregl-map)') && !e.closest('#map')).length`, "0")
	b.run(emulation.SetEmulatedMedia())
}

// writeAsPeopleDo holds how places are ordered, and figures, lengths of time and
// addresses written, in the page's own modules.
func writeAsPeopleDo(t *testing.T, b *browser, _ *rig) {
	const load = `Promise.all(['text', 'units', 'address', 'fleet'].map((m) => import('/assets/' + m + '.js'))).then(([text, units, address, fleet]) => { `
	f := func(language, expression, want string) {
		t.Helper()
		var got string
		b.run(chromedp.Evaluate(load+`text.setLanguage('`+language+`'); return String(`+expression+`) })`, &got,
			func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if got = strings.ReplaceAll(got, "\u00a0", " "); got != want {
			t.Errorf("%s in %s: %s, want %s", expression, language, got, want)
		}
	}
	f("it", `['Municipio X', 'Municipio IX', 'Municipio V', 'Municipio I'].sort(text.byName)`, "Municipio I,Municipio V,Municipio IX,Municipio X")
	f("it", `['Zona 10', 'Èze', 'Zona 9', 'Este'].sort(text.byName)`, "Este,Èze,Zona 9,Zona 10")
	f("it", `[1234567, 12.34, 1.234, 0.12345, -3, true].map(text.value)`, "1.234.567,12,3,1,23,0,1235,-3,true")
	f("en", `[1234567, 12.34, 1.234].map(text.value).join(' ')`, "1,234,567 12.3 1.23")
	f("it", `[59, 3600, 86400 * 3].map(text.span)`, "59 s,1 h,3 g")
	f("en", `text.ago(Date.now() - 65000)`, "1 min ago")
	f("it", `text.stamp('2026-03-29T00:59:59Z') + ' ' + text.stamp('2026-03-29T01:00:00Z')`, "29/03/26, 01:59:59 29/03/26, 03:00:00") // the night clocks go forward
	f("it", `[units.withUnit('air', 'pm10_ugm3', 12.5), units.withUnit('light', 'fault', 1), units.withUnit('device', 'online', 0)]`, "12,5 µg/m³,sì,no")
	f("it", `text.trouble(Object.assign(new Error('there is nothing of that name'), { status: 404 }))`, "Non ha funzionato: non esiste (there is nothing of that name)")
	f("en", `text.trouble(new TypeError('Failed to fetch'))`, "This did not work: rione does not answer")
	f("en", `address.addressOf('devices', 'a b', { ...fleet.EVERYTHING, text: 'è', kinds: new Set(['air', 'bin']) })`, "#devices/a%20b?q=%C3%A8&kind=air,bin")
	f("en", `fleet.stateOf({ seenAt: 1000, interval_s: 60, state: 'waiting' }, 1000 + 151_000)`, "late")
}

// small is what a finger misses: everything to touch that is lower than 44 pixels.
const small = `[...document.querySelectorAll('.bar a, .bar button, main button, main a, main select, main input, main summary')].filter((e) => {
	const box = (e.closest('label') ?? e).getBoundingClientRect();
	return e.checkVisibility() && box.width > 0 && box.bottom > 0 && box.height < 44 && !e.matches('.skip, .cards a');
}).map((e) => e.id || e.className || e.textContent)`

// useFingers opens the menu on a phone, and finds everything large enough.
func useFingers(_ *testing.T, b *browser, r *rig) {
	b.size(390, 844, true)
	b.open(r, "/#map")
	b.run(chromedp.Evaluate(`document.getElementById('menu').focus()`, nil), chromedp.KeyEvent(kb.Enter))
	b.same(`[document.getElementById('menu').ariaExpanded, document.querySelectorAll('#views a').length, document.querySelector('#views a').checkVisibility()]`, "true,10,true")
	b.accessible("menu")
	b.shoot("phone-menu")
	b.run(chromedp.KeyEvent(kb.Escape))
	b.same(`[document.querySelector('#views a').checkVisibility(), document.activeElement.id]`, "false,menu")
	b.click("#menu")
	b.click("#views a[data-view=events]")
	b.same(`[document.querySelector('#views a').checkVisibility(), document.getElementById('here').textContent]`, "false,Events")
	for _, view := range append(everyView(), "devices/air-058091-001", "datasets/roma-aria") {
		if view == "initiatives/roma" {
			continue // the store is down
		}
		b.open(r, "/#"+view)
		name, _, _ := strings.Cut(view, "/")
		b.until(`document.querySelector('#view-` + name + `:not([hidden], [aria-busy]) h1')`)
		b.same(small, "")
		b.until(`document.documentElement.scrollWidth <= 390`)
	}
}
