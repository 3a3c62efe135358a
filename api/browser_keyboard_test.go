package api

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focused is what has the keyboard, as a selector; it tells too when that cannot
// be seen, since nobody uses a keyboard blindly.
const focused = `(() => {
	const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
	const name = e.id ? '#' + e.id : e.className ? '.' + e.className.split(' ')[0] : e.name ? '[' + e.name + ']' : e.tagName.toLowerCase();
	if (e === document.body) return 'body';
	const seen = box.width > 0 && box.height > 0 && box.left < innerWidth && box.right > 0 && box.top < innerHeight && box.bottom > 0;
	const ringed = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
	const section = e.matches('section, aside, .maplibregl-canvas');
	return (e.hash ?? '') + name + (seen ? '' : ' out of sight') + (ringed || section ? '' : ' without a mark');
})()`

// tab presses Tab and returns what has the keyboard then.
func (b *browser) tab() string {
	b.t.Helper()
	var name string
	b.run(chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(focused, &name))
	return name
}

// walk presses Tab until what is wanted has the keyboard, and returns the way.
func (b *browser) walk(wanted string) []string {
	b.t.Helper()
	var way []string
	for range 80 {
		at := b.tab()
		way = append(way, at)
		if strings.Contains(at, " ") {
			b.t.Errorf("the keyboard is at %s after %v", at, way)
		}
		if at == wanted {
			return way
		}
	}
	b.t.Fatalf("%s is not reached: %v", wanted, way)
	return nil
}

// TestKeyboard uses the console without a mouse.
func TestKeyboard(t *testing.T) {
	r := demoRig(t) // ends after the browser, whose page asks it all the time
	b := newBrowser(t)
	b.size(1440, 900, false)
	b.open(r, "/")
	b.until(drawn)
	b.until(still)
	for _, step := range []struct {
		name string
		do   func(*testing.T, *browser)
	}{{"order", walkThroughMap}, {"ring", enterRing}, {"skip", skipToList}, {"panel", openAndClosePanel}, {"token", refuseToken}, {"search", findByKeys}} {
		if !t.Run(step.name, func(t *testing.T) { step.do(t, &browser{t: t, ctx: b.ctx}) }) {
			break
		}
	}
}

// walkThroughMap holds the order in which Tab goes through the first page: the
// skip link, the views, the tools, the map with its rings, then the filters.
func walkThroughMap(t *testing.T, b *browser) {
	way := b.walk("#q")
	if way[0] != "#view-devices#skip" {
		t.Errorf("the first is %s", way[0])
	}
	last := -1
	for _, name := range []string{"#view-devices#skip", "#map.brand", "#eventsa", "#language", "#theme", "#key", ".maplibregl-canvas", ".ring", "#q"} {
		at := indexOf(way, name)
		if at <= last {
			t.Errorf("%s is not after what stands before it: %v", name, way)
		}
		last = at
	}
	for _, name := range []string{"#unfold", "#comune", "[state]", "[kind]"} {
		b.walk(name)
	}
}

func indexOf(way []string, name string) int {
	for i, at := range way {
		if at == name {
			return i
		}
	}
	return -1
}

// enterRing opens a cluster: what was in it comes apart.
func enterRing(_ *testing.T, b *browser) {
	b.run(chromedp.Focus(".ring[aria-label^='190']", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	b.until(`!document.querySelector(".ring[aria-label^='190']") && ` + still)
}

func skipToList(t *testing.T, b *browser) {
	b.run(chromedp.Evaluate(`document.activeElement.blur(), scrollTo(0, 0), document.querySelector('.skip').focus()`, nil), chromedp.KeyEvent(kb.Enter))
	b.until(`document.body.dataset.view === 'devices' && document.activeElement.id === 'view-devices'`)
	way := b.walk(".link")
	if len(way) > 2 { // the table scrolls, so it is a stop too
		t.Errorf("the first device is %d stops after the skip link: %v", len(way), way)
	}
}

// openAndClosePanel opens a device from the list: the panel takes the keyboard,
// and gives it back.
func openAndClosePanel(t *testing.T, b *browser) {
	var row string
	b.run(chromedp.Evaluate(`document.activeElement.dataset.id`, &row), chromedp.KeyEvent(kb.Enter))
	b.until(`!document.getElementById('panel').hidden && document.activeElement.id === 'panel'`)
	if at := b.tab(); at != ".plain" {
		t.Errorf("the first stop of the panel is %s", at)
	}
	b.run(chromedp.KeyEvent(kb.Escape))
	b.until(`document.getElementById('panel').hidden && document.activeElement.dataset.id === '` + row + `'`)
}

// refuseToken opens the dialog for the token, and Escape leaves it.
func refuseToken(_ *testing.T, b *browser) {
	b.run(chromedp.Focus("#key", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	b.until(`document.getElementById('ask').open && document.activeElement.id === 'secret'`)
	b.run(chromedp.KeyEvent(kb.Escape))
	b.until(`!document.getElementById('ask').open && document.activeElement.id === 'key'`)
}

// findByKeys finds a device by its name: Enter opens the only one that is left,
// Escape empties the search and leaves the panel open.
func findByKeys(t *testing.T, b *browser) {
	b.run(chromedp.Focus("#q", chromedp.ByQuery), chromedp.KeyEvent("air-058091-001"))
	b.until(`document.getElementById('matched').textContent.startsWith('1 ')`)
	b.run(chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector('#panel h2')?.textContent === 'Aria Roma 2'`)
	b.run(chromedp.Focus("#q", chromedp.ByQuery), chromedp.KeyEvent(kb.Escape))
	b.until(`document.getElementById('q').value === ''`)
	var hidden bool
	b.run(chromedp.Evaluate(`document.getElementById('panel').hidden`, &hidden))
	if hidden {
		t.Error("Escape in the search closed the panel")
	}
}
