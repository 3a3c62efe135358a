package main

import (
	"crypto/hmac"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/api"
	"rione/devices/event"
	"rione/devices/event/hook"
)

// posts is a webhook that keeps what it is sent.
type posts struct {
	t    *testing.T
	mu   sync.Mutex
	list []hook.Message
}

const hookSecret = "the-secret-of-the-webhook"

func (p *posts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var m hook.Message
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	want := hook.Sign([]byte(hookSecret), r.Header.Get(hook.TimestampHeader), body)
	if err != nil || !hmac.Equal([]byte(r.Header.Get(hook.SignatureHeader)), []byte(want)) {
		p.t.Errorf("a post that is not as signed: %v %s", err, body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, m)
}

func (p *posts) steps() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.list {
		out = append(out, m.Event.ID+" "+string(m.Event.Step))
	}
	return out
}

func (r *rig) events(args ...string) (list []api.Event) {
	r.t.Helper()
	out := r.must("", append([]string{"events", "list", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		r.t.Fatal(err)
	}
	return list
}

// One device of several stops sending: there is one event, told everywhere,
// acknowledged by an operator, and closed when the device speaks again.
func TestSilenceEndToEnd(t *testing.T) {
	t.Parallel()
	told := &posts{t: t}
	web := httptest.NewServer(told)
	t.Cleanup(web.Close)
	r := newRig(t, "RIONE_PRESENCE_GRACE=2s", "RIONE_EVENTS_WEBHOOK="+web.URL, "RIONE_EVENTS_WEBHOOK_SECRET="+hookSecret, "RIONE_EVENTS_WEBHOOK_PRIVATE=true")
	r.must("device_id,kind,comune,interval_s\nair-1,air,058091,1\nair-2,air,058091,1\n", "devices", "import", "-")
	token := strings.TrimSpace(r.must("", "tokens", "create", "sala", "--role", "reader"))
	r.up()

	heard := r.observe(token)
	first, _ := r.client("air-1")
	second, _ := r.client("air-2")
	stop := make(chan struct{})
	var speaking sync.WaitGroup
	speak := func(c paho.Client, id string, until <-chan struct{}) {
		speaking.Go(func() {
			tick := time.NewTicker(300 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					c.Publish("sc/v1/058091/air/"+id+"/up", 1, false, `{"temp_c": 21.5}`)
				case <-until:
					return
				}
			}
		})
	}
	t.Cleanup(speaking.Wait)
	t.Cleanup(func() { close(stop) })
	silence := make(chan struct{})
	speak(first, "air-1", silence)
	speak(second, "air-2", stop)
	r.await("readings of both", 30*time.Second, func() bool { return len(r.query(`SELECT temp_c FROM air GROUP BY device_id`)) == 2 })
	if list := r.events("--all"); len(list) != 0 {
		t.Fatalf("events before anything happened: %+v", list)
	}

	close(silence)
	r.await("the event", 60*time.Second, func() bool { return len(r.events()) == 1 })
	e := r.events()[0]
	if e.Type != event.Silent || e.Device != "air-1" || e.Comune != "058091" || e.State != event.Open || e.Count != 1 {
		t.Errorf("raised %+v", e)
	}
	r.must("", "events", "ack", e.ID, "--note", "una squadra va a vedere")
	if got := r.events()[0]; got.State != event.Acknowledged || got.Ack.Who != "admin" || got.Ack.Note != "una squadra va a vedere" {
		t.Errorf("acknowledged %+v", got)
	}
	if trail := r.must("", "events", "show", e.ID); !strings.Contains(trail, "air-1") {
		t.Errorf("show says %s", trail)
	}

	speak(first, "air-1", stop)
	r.await("the end of the event", 60*time.Second, func() bool { return len(r.events()) == 0 })
	all := r.events("--all")
	if len(all) != 1 || all[0].ID != e.ID || all[0].State != event.Closed || all[0].Ack == nil {
		t.Errorf("at the end: %+v", all)
	}
	want := []string{e.ID + " raised", e.ID + " acknowledged", e.ID + " closed"}
	same := func(got []string) bool { return strings.Join(got, "\n") == strings.Join(want, "\n") }
	r.await("the posts", 30*time.Second, func() bool { return same(told.steps()) })
	r.await("the messages by MQTT", 30*time.Second, func() bool { return same(heard()) })
	r.await("the points", 30*time.Second, func() bool {
		s := r.query(`SELECT state, severity FROM event WHERE type = 'silent' AND device_id = 'air-1'`)
		return len(s) == 1 && len(s[0].Values) == 3 && s[0].Values[0][1] == int64(1) && s[0].Values[2][1] == int64(0)
	})
}

// observe subscribes to all events at the MQTT door.
func (r *rig) observe(token string) (steps func() []string) {
	r.t.Helper()
	var mu sync.Mutex
	var out []string
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + r.at.MQTT).SetClientID("sala").SetUsername("token").SetPassword(token).
		SetAutoReconnect(false).SetConnectRetry(false))
	if t := c.Connect(); !t.WaitTimeout(20*time.Second) || t.Error() != nil {
		r.t.Fatalf("connect as an observer: %v", t.Error())
	}
	r.t.Cleanup(func() { c.Disconnect(0) })
	hear := func(_ paho.Client, m paho.Message) {
		var e event.Event
		if err := json.Unmarshal(m.Payload(), &e); err != nil || m.Topic() != "$rione/v1/"+e.Comune+"/event/"+string(e.Type)+"/"+e.ID {
			r.t.Errorf("%s: %s (%v)", m.Topic(), m.Payload(), err)
		}
		mu.Lock()
		defer mu.Unlock()
		out = append(out, e.ID+" "+string(e.Step))
	}
	if t := c.Subscribe("$rione/v1/+/event/#", 1, hear); !t.WaitTimeout(20*time.Second) || t.Error() != nil {
		r.t.Fatalf("subscribe to events: %v", t.Error())
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string{}, out...)
	}
}

// speaker is a device that publishes readings until it is hushed.
func (r *rig) speaker(id string) (hush func()) {
	r.t.Helper()
	c, _ := r.client(id)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(300 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.Publish("sc/v1/058091/air/"+id+"/up", 1, false, `{"temp_c": 21.5}`)
			case <-stop:
				return
			}
		}
	}()
	var once sync.Once
	hush = func() { once.Do(func() { close(stop); <-ended }) }
	r.t.Cleanup(hush)
	return hush
}

// An event outlives kill -9, a maintenance window keeps silent what it covers,
// and an alarm of a device is an event that an operator closes.
func TestEventsOverKillMaintenanceAndAlarms(t *testing.T) {
	t.Parallel()
	r := newRig(t, "RIONE_PRESENCE_GRACE=2s")
	r.must("device_id,kind,comune,interval_s\nair-1,air,058091,1\nair-2,air,058091,1\nair-3,air,058091,1\n", "devices", "import", "-")
	r.up()
	first := r.speaker("air-1")
	r.await("a reading", 30*time.Second, func() bool { return len(r.query(`SELECT temp_c FROM air`)) == 1 })
	first()
	r.await("the event", 60*time.Second, func() bool { return len(r.events()) == 1 })
	id := r.events()[0].ID

	r.kill()
	r.up()
	if list := r.events("--all"); len(list) != 1 || list[0].ID != id || list[0].State != event.Open {
		t.Errorf("after kill -9: %+v", list)
	}
	window := strings.TrimSpace(r.must("", "maintenance", "add", "--device", "air-2", "--for", "2h", "--note", "cambio batteria"))
	if list := r.must("", "maintenance", "list"); !strings.Contains(list, window) || !strings.Contains(list, "cambio batteria") {
		t.Errorf("windows: %s", list)
	}
	second, third := r.speaker("air-2"), r.speaker("air-3")
	r.await("readings of all", 30*time.Second, func() bool { return len(r.query(`SELECT temp_c FROM air GROUP BY device_id`)) == 3 })
	second()
	third()
	r.await("the event of air-3", 60*time.Second, func() bool { return len(r.events("--device", "air-3")) == 1 })
	if list := r.events("--all"); len(list) != 2 {
		t.Errorf("beside the windows: %+v", list)
	}
	r.must("", "maintenance", "remove", window)
	r.await("the event of air-2", 60*time.Second, func() bool { return len(r.events("--device", "air-2")) == 1 })
	r.speaker("air-1")
	r.await("the end of the first event", 60*time.Second, func() bool { return len(r.events("--device", "air-1")) == 0 })

	bin, _ := r.client("air-2")
	r.publish(bin, "sc/v1/058091/air/air-2/event", `{"type": "manomissione", "severity": 4, "state": 1, "text": "coperchio aperto"}`)
	r.await("the alarm", 30*time.Second, func() bool { return len(r.events("--type", "manomissione")) == 1 })
	alarm := r.events("--type", "manomissione")[0]
	if alarm.Severity != event.Critical || alarm.Text != "coperchio aperto" || alarm.Source != event.FromDevice {
		t.Errorf("alarm %+v", alarm)
	}
	r.must("", "events", "ack", alarm.ID, "--close", "--note", "richiuso")
	if list := r.events("--all", "--type", "manomissione"); list[0].State != event.Closed {
		t.Errorf("closed by hand: %+v", list)
	}
	if trail := string(func() []byte { _, b := r.ask("/v1/audit?limit=1000"); return b }()); !strings.Contains(trail, "events.close") || !strings.Contains(trail, "maintenance.remove") {
		t.Errorf("the audit log has no trace: %s", trail)
	}
}

func TestEventCommandsAreUsedRightly(t *testing.T) {
	r := newRig(t)
	f := func(code int, says string, args ...string) {
		t.Helper()
		if _, errs, got := r.run("", args...); got != code || !strings.Contains(errs, says) {
			t.Errorf("rione %s: exit %d, %s", strings.Join(args, " "), got, errs)
		}
	}
	f(1, "not running", "events", "list")
	f(2, "", "events", "ack")
	f(2, "", "events", "show")
	f(2, "--until or by --for", "maintenance", "add", "--device", "air-1")
	f(2, "--until or by --for", "maintenance", "add", "--device", "air-1", "--for", "1h", "--until", "2026-11-22T12:00:00Z")
	f(2, "RFC 3339", "maintenance", "add", "--device", "air-1", "--until", "tomorrow")
	f(2, "RFC 3339", "maintenance", "add", "--device", "air-1", "--for", "1h", "--from", "now")
	bad := newRig(t, "RIONE_EVENTS_WEBHOOK=http://example.org", "RIONE_EVENTS_WEBHOOK_SECRET=0123456789abcdef")
	if _, errs, code := bad.run("", "config"); code == 0 || !strings.Contains(errs, "RIONE_EVENTS_WEBHOOK") {
		t.Errorf("a webhook without TLS: exit %d, %s", code, errs)
	}
}
