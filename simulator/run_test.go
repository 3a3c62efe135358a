package simulator_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"rione/simulator"
	"rione/simulator/encode"
	"rione/simulator/link"
	"rione/simulator/mosquittotest"
	"rione/simulator/pahoclient"
)

// comuni are two places of the tests.
var comuni = []simulator.Place{
	{Code: "058091", Name: "Roma", Lat: 41.8797, Lon: 12.4718, Population: 2_700_000, Zones: []string{"Municipio I", "Municipio II"}},
	{Code: "046007", Name: "Capannori", Lat: 43.8700, Lon: 10.5700, Population: 46_000},
}

func newCity(t testing.TB, o simulator.CityOptions) *simulator.City {
	t.Helper()
	if o.Comuni == nil {
		o.Comuni = comuni
	}
	c, err := simulator.NewCity(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// listener collects what a broker hands on.
type listener struct {
	mu     sync.Mutex
	topics map[string]int
	bodies []string
}

// listen subscribes to everything at the broker.
func listen(t *testing.T, address string) *listener {
	t.Helper()
	l := &listener{topics: map[string]int{}}
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID("listener"))
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { c.Disconnect(100) })
	token := c.Subscribe("#", 1, func(_ mqtt.Client, m mqtt.Message) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.topics[m.Topic()]++
		l.bodies = append(l.bodies, string(m.Payload()))
	})
	if token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	return l
}

// count returns how many messages came on topics that end in suffix.
func (l *listener) count(suffix string) (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, times := range l.topics {
		if strings.HasSuffix(topic, suffix) {
			n += int64(times)
		}
	}
	return n
}

// eventually polls until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("still not: " + what)
		}
	}
}

func TestRunPublishesThePlan(t *testing.T) {
	f := func(name string, dialer link.Dialer) {
		t.Run(name, func(t *testing.T) {
			address := mosquittotest.Start(t)
			heard := listen(t, address)
			city := newCity(t, simulator.CityOptions{Seed: 1, Devices: 60, Formats: []string{"native", "senml", "chirpstack", "tts"}})
			var phases []simulator.Phase
			s, err := simulator.Run(t.Context(), city, simulator.Options{
				Broker: "tcp://" + address, Rate: 500, For: 2 * time.Second, Dialer: dialer,
				Progress: func(p simulator.Progress) { phases = append(phases, p.Phase) },
			})
			if err != nil {
				t.Fatal(err)
			}
			if s.Published != s.Planned || s.Acked != s.Published || s.Failed != 0 || s.Published < 900 || s.Published > 1100 {
				t.Errorf("published %d of %d, acked %d, failed %d", s.Published, s.Planned, s.Acked, s.Failed)
			}
			if s.AckMS.P50 <= 0 || s.AckMS.P50 > s.AckMS.Max {
				t.Errorf("publish to ack: %+v", s.AckMS)
			}
			if len(phases) < 3 || phases[0] != simulator.Connecting || phases[len(phases)-1] != simulator.Draining {
				t.Errorf("phases %v", phases)
			}
			eventually(t, "everything heard", func() bool { return heard.count("/up") == s.Published })
			eventually(t, "states heard", func() bool { return heard.count("/state") == 2*int64(s.Connections) })
			for _, body := range heard.bodies {
				if !json.Valid([]byte(body)) {
					t.Fatalf("no JSON: %s", body)
				}
			}
		})
	}
	f("paho", pahoclient.Dialer{})
	f("own", nil)
}

func TestAnInterruptedRunTellsWhatItDid(t *testing.T) {
	address := mosquittotest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := simulator.Run(ctx, newCity(t, simulator.CityOptions{Devices: 20}), simulator.Options{
		Broker: "tcp://" + address, Rate: 200, For: time.Hour,
		Progress: func(p simulator.Progress) {
			if p.Published > 50 {
				cancel()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Interrupted || s.Published < 50 || s.Acked != s.Published {
		t.Errorf("%+v", s)
	}
}

func TestNoBroker(t *testing.T) {
	_, err := simulator.Run(t.Context(), newCity(t, simulator.CityOptions{Devices: 3}), simulator.Options{
		Broker: "tcp://" + mosquittotest.FreeAddress(t), For: time.Second,
	})
	if err == nil || !strings.Contains(err.Error(), "connect sim-") || !strings.Contains(err.Error(), "refused") {
		t.Error(err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	f := func(want string, o simulator.Options) {
		t.Helper()
		if o.Broker == "" {
			o.Broker = "tcp://127.0.0.1:1883"
		}
		err := o.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	f("", simulator.Options{})
	f("", simulator.Options{Broker: "tcp://localhost:1883", Rate: 10, For: time.Second})
	f("", simulator.Options{Broker: "tcp://broker.example:1883", AllowRemote: true})
	f("not on this machine", simulator.Options{Broker: "tcp://broker.example:1883"})
	f("not on this machine", simulator.Options{Broker: "tcp://192.0.2.7:1883"})
	f("not on this machine", simulator.Options{Influx: simulator.InfluxTarget{URL: "http://influx.example:8086", DB: "city"}})
	f("no URL", simulator.Options{Broker: "127.0.0.1:1883"})
	f("scheme", simulator.Options{Broker: "http://127.0.0.1:1883"})
	f("which database", simulator.Options{Influx: simulator.InfluxTarget{URL: "http://127.0.0.1:8086"}})
	f("needs an end", simulator.Options{Rate: 5})
	f("rate", simulator.Options{Rate: -1, For: time.Second})
	f("two of them", simulator.Options{Rate: 1, Speed: 2, For: time.Second})
	f("speed", simulator.Options{Speed: -1, For: time.Second})
	f("first at 0", simulator.Options{Profile: []simulator.Knot{{At: 1}, {At: 2}}})
	f("faults", simulator.Options{Faults: simulator.Faults{Garbage: 1.5}})
	f("part 4 of 4", simulator.Options{Part: 4, Parts: 4})
	f("negative", simulator.Options{For: -1})
}

// What is pushed goes to a path, whatever the format.
func TestWhatIsPushedGoesToAPath(t *testing.T) {
	for _, f := range encode.Formats() {
		_, session := f.(encode.Mortal)
		city, err := simulator.NewCity(simulator.CityOptions{Devices: 100, Comuni: comuni, Push: true, Formats: []string{f.Name()}})
		if session {
			if err == nil || !strings.Contains(err.Error(), "cannot be pushed") {
				t.Errorf("%s: %v", f.Name(), err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		for i, d := range city.Devices() {
			if d.Format != f.Name() {
				continue
			}
			for m := range city.Say(i, time.Unix(1_774_000_000, 0)) {
				said++
				if !strings.HasPrefix(m.Topic, "/ingest/") && !strings.HasPrefix(m.Topic, "/api/v1/monitoring/device/") {
					t.Errorf("%s goes to %q", f.Name(), m.Topic)
				}
				break
			}
		}
		if said == 0 {
			t.Errorf("nobody speaks %s", f.Name())
		}
	}
}

// A city that pushes needs a door to push to.
func TestACityThatPushesNeedsADoor(t *testing.T) {
	city := newCity(t, simulator.CityOptions{Devices: 5, Push: true})
	_, err := simulator.Run(t.Context(), city, simulator.Options{Broker: "tcp://127.0.0.1:1", For: time.Second})
	if err == nil || !strings.Contains(err.Error(), "HTTP door") {
		t.Error(err)
	}
	for i, d := range city.Devices() {
		if !d.Pushed || d.Via != i {
			t.Errorf("%s is not pushed, or carried", d.ID)
		}
	}
}
