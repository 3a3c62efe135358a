package event_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/devices"
	"rione/devices/event"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// shelf is a store in memory that can fail.
type shelf struct {
	mu      sync.Mutex
	events  []event.Event
	windows []event.Window
	gone    []string
	fails   error
}

func (s *shelf) Append(_ context.Context, e event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails == nil {
		s.events = append(s.events, e)
	}
	return s.fails
}

func (s *shelf) Forget(_ context.Context, id string) error {
	s.gone = append(s.gone, id)
	return s.fails
}

func (s *shelf) Load(_ context.Context, each func(event.Event), window func(event.Window)) error {
	for _, e := range s.events {
		each(e)
	}
	for _, w := range s.windows {
		window(w)
	}
	return s.fails
}

func (s *shelf) PutWindow(_ context.Context, w event.Window) error {
	if s.fails == nil {
		s.windows = append(s.windows, w)
	}
	return s.fails
}

func (s *shelf) DropWindow(_ context.Context, id string) error {
	if s.fails == nil {
		s.windows = slices.DeleteFunc(s.windows, func(w event.Window) bool { return w.ID == id })
	}
	return s.fails
}

// desk is a book with its store, its clock, and what was told.
type desk struct {
	*event.Book
	t     *testing.T
	store *shelf
	now   time.Time
	told  []string
}

func newDesk(t *testing.T, store *shelf, history int) *desk {
	t.Helper()
	d := &desk{t: t, store: store, now: noon()}
	var err error
	d.Book, err = event.OpenBook(t.Context(), event.BookOptions{
		Store: store, History: history, Now: func() time.Time { return d.now },
		Heard: func(e event.Event) { d.told = append(d.told, e.ID+" "+string(e.Step)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) put(e event.Event) {
	d.t.Helper()
	if err := d.Put(d.t.Context(), e); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) expectTold(want ...string) {
	d.t.Helper()
	if !slices.Equal(d.told, want) {
		d.t.Errorf("told %q, want %q", d.told, want)
	}
}

func raised(id string, at time.Time) event.Event {
	return event.Event{
		ID: id, Type: event.Silent, Severity: event.Warning, State: event.Open, Step: event.Raised, Source: event.FromPresence, Comune: "058091",
		Device: "air-" + id, Devices: []string{"air-" + id}, Count: 1, Most: 1, Text: "nothing", Began: at, Raised: at, Changed: at,
	}
}

func cleared(e event.Event, at time.Time) event.Event {
	e.State, e.Step, e.Changed, e.Closed, e.Count, e.Devices = event.Closed, event.Cleared, at, at, 0, nil
	return e
}

func TestAcknowledgementStays(t *testing.T) {
	d := newDesk(t, &shelf{}, 0)
	e := raised("1", noon())
	d.put(e)
	got, err := d.Acknowledge(t.Context(), "1", "anna", "vado")
	if err != nil || got.State != event.Acknowledged || got.Ack.Who != "anna" || got.Ack.Note != "vado" || !got.Ack.When.Equal(noon()) {
		t.Errorf("acknowledged %+v, %v", got, err)
	}
	e.Step, e.Count = event.Updated, 5
	d.put(e)
	if got, _ = d.Get("1"); got.State != event.Acknowledged || got.Ack == nil || got.Count != 5 {
		t.Errorf("after a change of its devices: %+v", got)
	}
	d.put(cleared(e, noon().Add(time.Hour)))
	if got, _ = d.Get("1"); got.State != event.Closed || got.Ack == nil {
		t.Errorf("closed %+v", got)
	}
	d.put(e) // comes late, and is over
	if got, _ = d.Get("1"); got.State != event.Closed {
		t.Errorf("closed is not for ever: %+v", got)
	}
	d.expectTold("1 raised", "1 acknowledged", "1 updated", "1 closed")
	if _, err := d.Acknowledge(t.Context(), "1", "anna", ""); !errors.Is(err, event.ErrEnded) {
		t.Errorf("acknowledging what is over: %v", err)
	}
	if _, err := d.Acknowledge(t.Context(), "none", "anna", ""); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("acknowledging what is not there: %v", err)
	}
	for _, note := range []string{strings.Repeat("x", 501), "\xff"} {
		if _, err := d.Acknowledge(t.Context(), "1", "anna", note); !errors.Is(err, event.ErrBadNote) {
			t.Errorf("a note of %d bytes: %v", len(note), err)
		}
	}
}

func TestBookOverARestart(t *testing.T) {
	store := &shelf{}
	d := newDesk(t, store, 0)
	d.put(raised("1", noon()))
	d.put(raised("2", noon()))
	if _, err := d.Acknowledge(t.Context(), "1", "anna", "vado"); err != nil {
		t.Fatal(err)
	}
	w, err := d.AddWindow(t.Context(), event.Window{Device: "air-2", From: noon(), Until: noon().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	again := newDesk(t, store, 0)
	if e, err := again.Get("1"); err != nil || e.Ack == nil || e.State != event.Acknowledged {
		t.Errorf("after a restart: %+v, %v", e, err)
	}
	if list := again.List(event.Filter{State: event.Open}); len(list) != 2 {
		t.Errorf("%d open after a restart", len(list))
	}
	if got := again.Windows(); len(got) != 1 || got[0] != w {
		t.Errorf("windows after a restart: %+v", got)
	}
	if again.expectTold(); t.Failed() {
		t.Error("a restart tells nothing anew")
	}
}

func TestWhatCannotBeKeptIsNotTold(t *testing.T) {
	store := &shelf{}
	d := newDesk(t, store, 0)
	store.fails = errors.New("disk full")
	if err := d.Put(t.Context(), raised("1", noon())); !errors.Is(err, store.fails) {
		t.Errorf("put: %v", err)
	}
	if _, err := d.AddWindow(t.Context(), event.Window{Device: "air-2", From: noon(), Until: noon().Add(time.Hour)}); !errors.Is(err, store.fails) {
		t.Errorf("window: %v", err)
	}
	if _, err := d.Get("1"); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("it is there: %v", err)
	}
	store.fails = nil
	d.put(raised("1", noon()))
	d.expectTold("1 raised")
	if _, err := event.OpenBook(t.Context(), event.BookOptions{Store: &shelf{fails: errors.New("away")}}); err == nil {
		t.Error("a store that cannot be read opens")
	}
	if _, err := event.OpenBook(t.Context(), event.BookOptions{}); err == nil {
		t.Error("no store is no error")
	}
}

func TestHistoryIsBounded(t *testing.T) {
	d := newDesk(t, &shelf{}, 40)
	d.put(raised("open", noon()))
	for i := range 100 {
		e := raised(fmt.Sprint(i), noon())
		d.put(e)
		d.put(cleared(e, noon().Add(time.Duration(i)*time.Minute)))
	}
	closed := d.List(event.Filter{State: event.Closed})
	if n := len(closed); n > 40 || n < 38 {
		t.Errorf("%d closed events kept", n)
	}
	if _, err := d.Get("open"); err != nil {
		t.Error("an open event is forgotten")
	}
	if _, err := d.Get("99"); err != nil {
		t.Error("the newest is forgotten")
	}
	if len(d.store.gone)+len(closed) != 100 || d.store.gone[0] != "0" {
		t.Errorf("the store forgot %d, first %s", len(d.store.gone), d.store.gone[0])
	}
}

func TestListIsNewestFirst(t *testing.T) {
	d := newDesk(t, &shelf{}, 0)
	for i := range 25 {
		d.put(raised(fmt.Sprintf("%02d", i), noon().Add(time.Duration(i/3)*time.Second))) // some at one moment
	}
	var ids []string
	for _, e := range d.List(event.Filter{}) {
		ids = append(ids, e.ID)
	}
	if len(ids) != 25 || ids[0] != "24" || ids[24] != "00" || !slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("listed %q", ids)
	}
}

func TestFilter(t *testing.T) {
	e := raised("1", noon())
	e.Devices = []string{"air-1", "air-2"}
	f := func(name string, filter event.Filter, want bool) {
		t.Helper()
		if got := filter.Chooses(&e); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	f("all", event.Filter{}, true)
	f("open", event.Filter{State: event.Open}, true)
	f("acknowledged", event.Filter{State: event.Acknowledged}, false)
	f("new", event.Filter{New: true}, true)
	f("type", event.Filter{Type: event.OwnFault}, false)
	f("comune", event.Filter{Comune: "082053"}, false)
	f("comuni", event.Filter{Comuni: []string{"082053", "058091"}}, true)
	f("other comuni", event.Filter{Comuni: []string{"082053"}}, false)
	f("a device in it", event.Filter{Device: "air-2"}, true)
	f("another device", event.Filter{Device: "air-3"}, false)
	f("severity", event.Filter{Severity: event.Fault}, false)
	f("since", event.Filter{Since: noon().Add(time.Second)}, false)
	e.Ack, e.State = &event.Acknowledgement{}, event.Acknowledged
	f("open, and taken", event.Filter{State: event.Open}, true)
	f("acknowledged now", event.Filter{State: event.Acknowledged}, true)
	f("no longer new", event.Filter{New: true}, false)
}

func alarm(after time.Duration, text string) event.Alarm {
	return event.Alarm{Device: "bin-1", Comune: "058091", Type: "porta aperta", Severity: event.Warning, Text: text, Time: noon().Add(after)}
}

func TestAlarms(t *testing.T) {
	d := newDesk(t, &shelf{}, 0)
	tell := func(a event.Alarm) {
		t.Helper()
		if err := d.Alarm(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	over := alarm(0, "")
	over.Ends = true
	tell(over) // of what nobody knows
	tell(alarm(-25*time.Hour, "long ago"))
	d.expectTold()
	tell(alarm(0, "aperta"))
	tell(alarm(0, "aperta")) // told twice
	worse := alarm(time.Minute, "aperta e inclinata")
	worse.Severity = event.Critical
	tell(worse)
	tell(alarm(-time.Minute, "older"))
	open := d.List(event.Filter{State: event.Open})
	if len(open) != 1 || open[0].Severity != event.Critical || open[0].Text != "aperta e inclinata" || open[0].Source != event.FromDevice {
		t.Fatalf("open: %+v", open)
	}
	id := open[0].ID
	over.Time = noon().Add(2 * time.Minute)
	tell(over)
	tell(alarm(0, "aperta")) // comes again out of a replay
	d.expectTold(id+" raised", id+" updated", id+" closed")
	tell(alarm(3*time.Minute, "di nuovo"))
	open = d.List(event.Filter{State: event.Open})
	if len(open) != 1 || open[0].ID == id {
		t.Fatalf("a new alarm: %+v", open)
	}
	got, err := d.Close(t.Context(), open[0].ID, "anna", "richiusa a mano")
	if err != nil || got.State != event.Closed || got.Step != event.Withdrawn || got.Ack.Who != "anna" || got.Count != 0 {
		t.Errorf("closed by hand: %+v, %v", got, err)
	}
	d.put(raised("p", noon()))
	if _, err := d.Close(t.Context(), "p", "anna", ""); !errors.Is(err, event.ErrNotYours) {
		t.Errorf("presence closed by hand: %v", err)
	}
}

func TestWindows(t *testing.T) {
	d := newDesk(t, &shelf{}, 0)
	hour := func(n int) time.Time { return noon().Add(time.Duration(n) * time.Hour) }
	rome := time.FixedZone("CET", 3600)
	later, err := d.AddWindow(t.Context(), event.Window{Comune: "058091", From: hour(5).In(rome), Until: hour(6).In(rome)})
	if err != nil || later.From.Location() != time.UTC {
		t.Fatal(later, err)
	}
	d.now = d.now.Add(time.Second)
	sooner, err := d.AddWindow(t.Context(), event.Window{Group: "lotto 7", From: hour(1), Until: hour(2)})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Windows(); len(got) != 2 || got[0] != sooner || got[1] != later {
		t.Errorf("windows %+v", got)
	}
	if _, err := d.RemoveWindow(t.Context(), later.ID); err != nil {
		t.Error(err)
	}
	if _, err := d.RemoveWindow(t.Context(), later.ID); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	d.now = noon().Add(40 * 24 * time.Hour)
	if _, err := d.AddWindow(t.Context(), event.Window{Device: "a", From: d.now, Until: d.now.Add(time.Hour)}); err != nil {
		t.Error(err)
	}
	if got := d.Windows(); len(got) != 1 || got[0].Device != "a" {
		t.Errorf("what is long over is kept: %+v", got)
	}
}

func TestWindowValidate(t *testing.T) {
	good := event.Window{Device: "gw-1", From: noon(), Until: noon().Add(time.Hour)}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	f := func(name string, change func(*event.Window)) {
		t.Helper()
		w := good
		change(&w)
		if err := w.Validate(); !errors.Is(err, event.ErrBadWindow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f("nothing", func(w *event.Window) { w.Device = "" })
	f("two things", func(w *event.Window) { w.Group = "lotto" })
	f("a comune by name", func(w *event.Window) { w.Device, w.Comune = "", "Roma" })
	f("no end", func(w *event.Window) { w.Until = time.Time{} })
	f("no length", func(w *event.Window) { w.Until = w.From })
	f("years", func(w *event.Window) { w.Until = w.From.Add(400 * 24 * time.Hour) })
	f("a long name", func(w *event.Window) { w.Device = strings.Repeat("x", 65) })
	f("a long note", func(w *event.Window) { w.Note = strings.Repeat("x", 501) })
}

func TestWindowCovers(t *testing.T) {
	d := devices.Device{ID: "air-1", Via: "gw-1", Group: "lotto 7", Placements: []devices.Placement{{Comune: "058091"}}}
	f := func(w event.Window, want bool) {
		t.Helper()
		if got := w.Covers(&d); got != want {
			t.Errorf("%+v: %v", w, got)
		}
	}
	f(event.Window{Device: "air-1"}, true)
	f(event.Window{Device: "gw-1"}, true)
	f(event.Window{Device: "gw-2"}, false)
	f(event.Window{Group: "lotto 7"}, true)
	f(event.Window{Group: "lotto 8"}, false)
	f(event.Window{Comune: "058091"}, true)
	f(event.Window{Comune: "082053"}, false)
	w := event.Window{From: noon(), Until: noon().Add(time.Hour)}
	for after, want := range map[time.Duration]bool{-time.Second: false, 0: true, time.Hour - 1: true, time.Hour: false} {
		if w.Active(noon().Add(after)) != want {
			t.Errorf("active after %v is not %v", after, want)
		}
	}
}

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range []event.Type{"silent", "Porta Aperta", "porta/aperta", "日本", ""} {
		id := event.NewID(kind, "bin-1", noon())
		if seen[id] || strings.ContainsAny(id, " /*>.") || id != event.NewID(kind, "bin-1", noon()) {
			t.Errorf("%q: %s", kind, id)
		}
		seen[id] = true
	}
	if event.NewID("silent", "", noon()) == event.NewID("silent", "", noon().Add(1)) {
		t.Error("two moments, one id")
	}
}

func TestMetrics(t *testing.T) {
	r := prometheus.NewRegistry()
	b, err := event.OpenBook(t.Context(), event.BookOptions{Store: &shelf{}, Metrics: r})
	if err != nil {
		t.Fatal(err)
	}
	e := raised("1", noon())
	for _, change := range []event.Event{e, raised("2", noon()), cleared(e, noon())} {
		if err := b.Put(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			got[f.GetName()] += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	if got["rione_event_open"] != 1 || got["rione_event_changes_total"] != 3 {
		t.Errorf("metrics %v", got)
	}
}
