package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/event"
	"rione/geo"
)

// memoryEvents keeps what a book wants to have kept, for a real book.
type memoryEvents struct{}

func (memoryEvents) Append(context.Context, event.Event) error     { return nil }
func (memoryEvents) Forget(context.Context, string) error          { return nil }
func (memoryEvents) PutWindow(context.Context, event.Window) error { return nil }
func (memoryEvents) DropWindow(context.Context, string) error      { return nil }
func (memoryEvents) Load(context.Context, func(event.Event), func(event.Window)) error {
	return nil
}

// bookOfAPI is a real book as the API sees it.
type bookOfAPI struct{ *event.Book }

func (b bookOfAPI) RemoveWindow(ctx context.Context, id, _ string) error {
	_, err := b.Book.RemoveWindow(ctx, id)
	return err
}

var _ Events = bookOfAPI{}

func eventTime() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func newBook(t testing.TB, heard func(event.Event), list ...event.Event) *event.Book {
	t.Helper()
	now := eventTime()
	b, err := event.OpenBook(t.Context(), event.BookOptions{Store: memoryEvents{}, Heard: heard, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if err := b.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// happened is an open event about a device.
func happened(id, device, comune string, after time.Duration) event.Event {
	at := eventTime().Add(after)
	return event.Event{
		ID: id, Type: event.Silent, Severity: event.Warning, State: event.Open, Step: event.Raised, Source: event.FromPresence,
		Device: device, Comune: comune, Devices: []string{device}, Count: 1, Most: 1, Text: device + ": nothing", Began: at, Raised: at, Changed: at,
	}
}

// eventsOfTwo are events and windows of both comuni of the tests of scopes.
func eventsOfTwo(t testing.TB) *event.Book {
	t.Helper()
	b := newBook(t, nil, happened("ev-roma", "bin-roma", roma, 0), happened("ev-palermo", "bin-palermo", palermo, time.Minute))
	for _, w := range []event.Window{{Device: "bin-roma"}, {Device: "bin-palermo"}, {Group: "bin-roma-and-more"}} {
		w.From, w.Until = eventTime(), eventTime().Add(time.Hour)
		if _, err := b.AddWindow(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// eventProbes are the probes of the routes of events.
func eventProbes() map[string]probe {
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	return map[string]probe{
		"GET /v1/events":                   {path: "/v1/events", shows: "ev-roma"},
		"GET /v1/events/{id}":              {path: "/v1/events/ev-roma", shows: "ev-roma"},
		"POST /v1/events/{id}/acknowledge": {path: "/v1/events/ev-roma/acknowledge", body: `{"note":"mine"}`},
		"GET /v1/maintenance":              {path: "/v1/maintenance", shows: "bin-roma"},
		"POST /v1/maintenance":             {path: "/v1/maintenance", body: `{"device":"bin-roma","until":"` + until + `"}`},
		"DELETE /v1/maintenance/{id}":      {path: "/v1/maintenance/" + event.NewID("window", "bin-roma", eventTime())},
	}
}

func newEventRig(t testing.TB, b *event.Book, more ...devices.Device) *rig {
	at := geo.Point{Lat: 41.9, Lon: 12.5}
	fleet := append([]devices.Device{device("air-1", devices.Air, roma, "", at), device("bin-1", devices.Bin, palermo, "", at)}, more...)
	return newRig(t, fleet, func(o *Options) { o.Events = bookOfAPI{b} })
}

func TestEvents(t *testing.T) {
	long := happened("ev-3", "gw-1", palermo, 2*time.Minute)
	long.Type, long.Severity, long.Devices = event.GatewayDown, event.Fault, nil
	for _, c := range "abcdefghijklmnop" {
		long.Devices = append(long.Devices, "dev-"+string(c))
	}
	long.Count = len(long.Devices)
	over := happened("ev-4", "air-1", roma, 3*time.Minute)
	over.State, over.Step, over.Closed = event.Closed, event.Cleared, over.Changed
	r := newEventRig(t, newBook(t, nil, happened("ev-1", "air-1", roma, 0), happened("ev-2", "bin-1", palermo, time.Minute), long, over))
	ids := func(query string) string {
		t.Helper()
		page := decode[EventPage](t, r.do(request{path: "/v1/events" + query}).Body.Bytes())
		var out []string
		for _, e := range page.Events {
			out = append(out, e.ID)
			if len(e.Devices) > listedDevices {
				t.Errorf("a list names %d devices", len(e.Devices))
			}
		}
		return strings.Join(out, " ")
	}
	f := func(query, want string) {
		t.Helper()
		if got := ids(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	f("", "ev-4 ev-3 ev-2 ev-1")
	f("?state=open", "ev-3 ev-2 ev-1")
	f("?state=closed", "ev-4")
	f("?comune=058091", "ev-4 ev-1")
	f("?type=gateway_down", "ev-3")
	f("?device=dev-m", "ev-3") // one that the list does not name
	f("?severity=3", "ev-3")
	f("?since=2026-11-22T12:02:00Z", "ev-4 ev-3")
	f("?since=2026-11-22T12:02:00Z&state=open", "ev-3")

	page := decode[EventPage](t, r.do(request{path: "/v1/events?limit=3"}).Body.Bytes())
	f("?cursor="+page.Next, "ev-1")

	one := decode[Event](t, r.do(request{path: "/v1/events/ev-3"}).Body.Bytes())
	if len(one.Devices) != 16 || one.Count != 16 {
		t.Errorf("one event: %+v", one)
	}
	for path, want := range map[string]int{
		"/v1/events/none": 404, "/v1/events?state=odd": 422, "/v1/events?since=yesterday": 422, "/v1/events?stat=open": 400, "/v1/events?severity=9": 422,
	} {
		if w := r.do(request{path: path}); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestAcknowledge(t *testing.T) {
	alarm := happened("al-1", "air-1", roma, 0)
	alarm.Type, alarm.Source = "porta aperta", event.FromDevice
	r := newEventRig(t, newBook(t, nil, happened("ev-1", "air-1", roma, 0), alarm))
	f := func(id, body, token string, want int, state event.State) {
		t.Helper()
		w := r.do(request{method: "POST", path: "/v1/events/" + id + "/acknowledge", body: body, token: token})
		var e Event
		_ = json.Unmarshal(w.Body.Bytes(), &e) // a problem has no state
		if w.Code != want || e.State != state {
			t.Errorf("%s %s by %q: %d %s", id, body, token, w.Code, w.Body)
		}
	}
	f("ev-1", `{}`, "", 401, "")
	f("ev-1", `{}`, "read-only", 403, "")
	f("ev-1", `{"note":"si va a vedere"}`, "work", 200, event.Acknowledged)
	f("ev-1", `{"close":true}`, "work", 409, "")
	f("al-1", `{"close":true,"note":"chiusa"}`, "work", 200, event.Closed)
	f("al-1", `{}`, "work", 409, "")
	f("none", `{}`, "work", 404, "")
	f("ev-1", `{"note":"`+strings.Repeat("x", 501)+`"}`, "work", 422, "")
	e := decode[Event](t, r.do(request{path: "/v1/events/ev-1"}).Body.Bytes())
	if e.Ack == nil || e.Ack.Who != "hands" || e.Ack.Note != "si va a vedere" || !e.Ack.When.Equal(eventTime()) {
		t.Errorf("acknowledged: %+v", e.Ack)
	}
}

func TestMaintenanceRoutes(t *testing.T) {
	r := newEventRig(t, newBook(t, nil))
	add := func(body string, want int) (w MaintenanceWindow) {
		t.Helper()
		got := r.do(request{method: "POST", path: "/v1/maintenance", body: body, token: "work"})
		if got.Code != want {
			t.Errorf("%s: %d %s", body, got.Code, got.Body)
		}
		_ = json.Unmarshal(got.Body.Bytes(), &w) // a problem is no window
		return w
	}
	until := `"until":"2099-01-01T00:00:00Z"`
	add(`{"device":"air-1"}`, 422)
	add(`{`+until+`}`, 422)
	add(`{"device":"none",`+until+`}`, 422)
	add(`{"device":"air-1","from":"2098-12-31T22:00:00Z",`+until+`,"comune":"058091"}`, 422)
	add(`{"comune":"58091","from":"2098-12-31T22:00:00Z",`+until+`}`, 422)
	add(`{"device":"air-1",`+until+`}`, 422) // longer than a year
	w := add(`{"device":"air-1","from":"2098-12-31T23:00:00+01:00",`+until+`,"note":"cambio batteria"}`, 200)
	if w.ID == "" || w.Author != "hands" || w.From.Format(time.RFC3339) != "2098-12-31T22:00:00Z" || w.Note != "cambio batteria" {
		t.Errorf("added %+v", w)
	}
	list := decode[WindowList](t, r.do(request{path: "/v1/maintenance"}).Body.Bytes())
	if len(list.Windows) != 1 || list.Windows[0] != w {
		t.Errorf("windows %+v", list)
	}
	for _, want := range []int{204, 404} {
		if got := r.do(request{method: "DELETE", path: "/v1/maintenance/" + w.ID, token: "work"}); got.Code != want {
			t.Errorf("remove: %d, want %d", got.Code, want)
		}
	}
}

func TestWithoutEvents(t *testing.T) {
	r := newRig(t, nil)
	for _, path := range []string{"/v1/events", "/v1/events/x", "/v1/maintenance"} {
		if w := r.do(request{path: path}); w.Code != http.StatusNotImplemented {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// The live feed tells each change once, to those who may hear of it.
func TestEventsLive(t *testing.T) {
	r := newEventRig(t, newBook(t, nil))
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := r.follow("", "")
	ofRoma := r.follow("?comune="+roma, "")
	bins := r.follow("?kind=bin", "")
	r.Announce(happened("ev-1", "air-1", roma, 0))
	r.Announce(happened("ev-2", "bin-1", palermo, 0))
	r.Announce(happened("ev-3", "air-1", roma, 0))
	f := func(who string, from *feed, want ...string) {
		t.Helper()
		for _, id := range want {
			got := from.next()
			var e Event
			if err := json.Unmarshal([]byte(got.data), &e); err != nil || got.kind != "event" || e.ID != id {
				t.Errorf("%s heard %+v, want %s (%v)", who, got, id, err)
			}
		}
	}
	f("everybody", all, "ev-1", "ev-2", "ev-3")
	f("roma", ofRoma, "ev-1", "ev-3")
	f("bins", bins, "ev-2")
}

func TestAnnouncementsAreBounded(t *testing.T) {
	r := newEventRig(t, newBook(t, nil))
	_, from, wake := r.told.after(0)
	var burst sync.WaitGroup
	burst.Go(func() {
		for range 3 * announcementsKept {
			r.Announce(happened("ev-1", "air-1", roma, 0))
		}
	})
	burst.Wait()
	<-wake
	list, next, _ := r.told.after(from)
	if len(list) != announcementsKept || next != 3*announcementsKept {
		t.Errorf("%d kept, the next is %d", len(list), next)
	}
	if rest, _, _ := r.told.after(next); len(rest) != 0 {
		t.Errorf("%d told twice", len(rest))
	}
}
