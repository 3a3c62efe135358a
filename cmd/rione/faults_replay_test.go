package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/api"
)

// say publishes messages from the first to before the end, pace apart, and
// waits for their acks.
func (r *rig) say(c paho.Client, first, end int, pace time.Duration, of func(i int) (topic, payload string)) {
	tokens := make([]paho.Token, 0, end-first)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := first; i < end; i++ {
		<-tick.C
		topic, payload := of(i)
		tokens = append(tokens, c.Publish(topic, 1, false, payload))
	}
	for i, t := range tokens {
		if !t.WaitTimeout(30*time.Second) || t.Error() != nil {
			r.t.Errorf("message %d of %d has no ack: %v", first+i, end, t.Error())
			return
		}
	}
}

// closed tells whether something has ended.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// One message among 5,000 says what its mapping does not know. It is listed with
// field and reason, and costs nobody anything; the mapping of its route is
// changed, and it is replayed.
func TestDrillPoisonOfAMapping(t *testing.T) {
	const messages, poison, spots = 5000, 2500, 50
	r := newRig(t)
	var fleet strings.Builder
	fleet.WriteString("device_id,kind,comune,lat,lon\ngw-1,gateway,058091,41.89,12.49\nair-0000,air,058091,41.89,12.49\n")
	for i := range spots {
		fmt.Fprintf(&fleet, "spot-%d,parking,058091,41.89,12.49\n", i)
	}
	r.must(fleet.String(), "devices", "import", "-")
	r.up()
	r.mappingOf("stalls", "stalls/#", "parking_spot", `{"occupied": {"path": "/state", "values": {"free": 0, "busy": 1}}}`)
	base := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	message := func(i int) (topic, payload string) {
		state := [...]string{"free", "busy"}[i%2]
		if i == poison {
			state = "reserved"
		}
		return "stalls/all", fmt.Sprintf(`{"id":"spot-%d","at":%d,"state":%q}`, i%spots, base.Unix()+int64(i/spots), state)
	}
	gateway, _ := r.client("gw-1")
	defer gateway.Disconnect(0)
	part := func(first, end int) latencies {
		said := make(chan struct{})
		go func() { defer close(said); r.say(gateway, first, end, time.Millisecond, message) }()
		defer func() { <-said }()
		return r.probe("air-0000", func(int) bool { return closed(said) })
	}
	t.Logf("publish → queryable before the poison: %v", part(0, poison))
	t.Logf("with it and after it: %v", part(poison, messages))

	count := func(want string) {
		t.Helper()
		got := fmt.Sprint(r.askStore("SELECT count(occupied), sum(occupied) FROM parking_spot", "")[""][0][1:])
		if got != want {
			t.Errorf("the store has %s readings and busy ones, want %s", got, want)
		}
	}
	r.awaitLast("air-0000")
	count("[4999 2500]")
	var held []api.Entry
	if err := json.Unmarshal([]byte(r.must("", "quarantine", "list", "--json")), &held); err != nil {
		t.Fatal(err)
	}
	if len(held) != 1 || held[0].Reason != "wrong_type" || held[0].Field != "/state" || held[0].Route != "stalls" {
		t.Fatalf("in quarantine: %+v, want the poison alone, with its reason and field", held)
	}
	if out := r.must("", "quarantine", "list"); !strings.Contains(out, "wrong_type") || !strings.Contains(out, "/state") {
		t.Errorf("listed without its field:\n%s", out)
	}
	r.mappingOf("stalls", "stalls/#", "parking_spot", `{"occupied": {"path": "/state", "values": {"free": 0, "busy": 1, "reserved": 1}}}`)
	if out := r.must("", "quarantine", "replay", held[0].ID); !strings.Contains(out, "1 message") {
		t.Errorf("replayed: %s", out)
	}
	r.await("the replayed message", time.Minute, func() bool {
		return fmt.Sprint(r.askStore("SELECT count(occupied), sum(occupied) FROM parking_spot", "")[""][0][1:]) == "[5000 2501]"
	})
	topic, _ := message(poison)
	at := r.askStore(fmt.Sprintf("SELECT occupied FROM parking_spot WHERE device_id='spot-%d' AND time = %ds", poison%spots, base.Unix()+poison/spots), "")[""]
	if len(at) != 1 || at[0][1] != 1 {
		t.Errorf("the message of %s is stored as %v, want occupied at its own time", topic, at)
	}
	if out := r.must("", "quarantine", "list"); strings.Contains(out, "wrong_type") {
		t.Errorf("it is still in quarantine:\n%s", out)
	}
	if l := r.askLedger()["mqtt"]; l[ledgerQuarantined] != 1 || l[ledgerAcked] != l[ledgerStored]+1 {
		t.Errorf("ledger %v, want what became of the messages when they came", l)
	}
}

// A level was stored in meters that were centimeters. The route gets the right
// mapping and a day of the device is read again while the city goes on: the
// values are right in the same series, nothing is lost, and what is published
// meanwhile is queryable as soon as before.
func TestDrillReplay(t *testing.T) {
	const day, live = 8640, 200 // a reading each ten seconds, and what comes during the replay
	r := newRig(t)
	ids := r.register(drillDevices + 1)
	r.must("device_id,kind,comune,lat,lon\ngw-1,gateway,058091,41.89,12.49\ntiber-1,water,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	r.mapping("levels/+", "m")
	base := time.Now().Add(-25 * time.Hour).Truncate(time.Second)
	message := func(i int) (topic, payload string) {
		return "levels/tiber-1", fmt.Sprintf(`{"id":"tiber-1","at":%d,"level":%d}`, base.Unix()+10*int64(i), levelOf(i))
	}
	gateway, _ := r.client("gw-1")
	defer gateway.Disconnect(0)
	r.say(gateway, 0, day, 100*time.Microsecond, message)
	city := r.startLoad(ids[:drillDevices], 50_000, *drillRate, drillBase())
	city.awaitAcked(t, int64(*drillRate))
	t.Logf("publish → queryable without a replay: %v", r.probe(ids[drillDevices], func(n int) bool { return n >= 50 }))
	r.proveLevels(base, day, 1)

	r.mapping("levels/+", "cm")
	cmd := r.command("replay", "--since", "start", "--device", "tiber-1", "--note", "m was cm", "--json")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	replayed, said := make(chan struct{}), make(chan struct{})
	go func() { defer close(replayed); _ = cmd.Wait() }() // its status is looked at below
	go func() { defer close(said); r.say(gateway, day, day+live, time.Millisecond, message) }()
	t.Logf("publish → queryable during the replay: %v", r.probe(ids[drillDevices], func(int) bool { return closed(replayed) }))
	<-said
	var v api.ReplayView
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || v.State != "done" || v.Counts.Points < day || v.Counts.Points > day+live {
		t.Fatalf("the replay: %v, %s%s", err, &out, &errs)
	}
	all := city.finish()
	r.awaitLast(ids[0])
	r.proveLevels(base, day+live, 0.01)
	r.proveStored(all, city.base)
	if l := r.askLedger()["mqtt"]; l[ledgerAcked] != l[ledgerStored] {
		t.Errorf("the ledger has heard of the replay: %v", l)
	}
}

// levelOf is the figure that the gauge sends: one that can be in m as in cm, and
// that rises and falls slowly enough to be believed.
func levelOf(i int) int { return 30 + max(i%100-50, 50-i%100) }

// proveLevels checks that the gauge has n readings in one series, each by the
// given unit in m.
func (r *rig) proveLevels(base time.Time, n int, unit float64) {
	r.t.Helper()
	if series := r.askStore("SELECT count(level_m) FROM water GROUP BY *", "")[""]; len(series) != 1 {
		r.t.Errorf("%d series, want one", len(series))
	}
	rows := r.askStore("SELECT level_m FROM water WHERE device_id='tiber-1'", "")[""]
	if len(rows) != n {
		r.t.Fatalf("%d levels, want %d", len(rows), n)
	}
	for i, row := range rows {
		if at, want := base.UnixMilli()+10_000*int64(i), float64(levelOf(i))*unit; int64(row[0]) != at || math.Abs(row[1]-want) > 1e-9 {
			r.t.Fatalf("level %d is %v at %d ms, want %v at %d", i, row[1], int64(row[0]), want, at)
		}
	}
}
