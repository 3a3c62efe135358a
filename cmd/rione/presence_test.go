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
