package mqttclient_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"rione/simulator/link"
	"rione/simulator/mosquittotest"
	"rione/simulator/mqttclient"
	"rione/simulator/pahoclient"
)

// each runs a test for every client that opens links: they must be alike.
func each(t *testing.T, test func(t *testing.T, d link.Dialer)) {
	t.Run("paho", func(t *testing.T) { test(t, pahoclient.Dialer{}) })
	own(t, test)
}

// own runs a test for both versions of the simulator's own client.
func own(t *testing.T, test func(t *testing.T, d link.Dialer)) {
	t.Run("own 3.1.1", func(t *testing.T) { test(t, pool(t, mqttclient.V311)) })
	t.Run("own 5", func(t *testing.T) { test(t, pool(t, mqttclient.V5)) })
}

func pool(t testing.TB, version byte) *mqttclient.Pool {
	t.Helper()
	p, err := mqttclient.New(mqttclient.Options{Version: version})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// acks collects what a link tells.
type acks struct {
	mu     sync.Mutex
	tokens map[uint64]int
	change chan struct{}
}

func newAcks() *acks { return &acks{tokens: map[uint64]int{}, change: make(chan struct{}, 1)} }

func (a *acks) acked(token uint64) {
	a.mu.Lock()
	a.tokens[token]++
	a.mu.Unlock()
	select {
	case a.change <- struct{}{}:
	default:
	}
}

// wait returns when the tokens 0 to n-1 were told, each once.
func (a *acks) wait(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		a.mu.Lock()
		got := len(a.tokens)
		a.mu.Unlock()
		if got == n {
			break
		}
		select {
		case <-a.change:
		case <-deadline:
			t.Fatalf("%d of %d acked", got, n)
		}
	}
	for token, times := range a.tokens {
		if times != 1 || token >= uint64(n) {
			t.Errorf("token %d told %d times", token, times)
		}
	}
}

// subscriber collects payloads by topic.
func subscriber(t *testing.T, address, filter string) func() map[string][]string {
	t.Helper()
	var mu sync.Mutex
	got := map[string][]string{}
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID("subscriber"))
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { c.Disconnect(50) })
	token := c.Subscribe(filter, 1, func(_ mqtt.Client, m mqtt.Message) {
		mu.Lock()
		defer mu.Unlock()
		got[m.Topic()] = append(got[m.Topic()], string(m.Payload()))
	})
	if token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	return func() map[string][]string {
		mu.Lock()
		defer mu.Unlock()
		out := map[string][]string{}
		for k, v := range got {
			out[k] = append([]string(nil), v...)
		}
		return out
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("still not: " + what)
		}
	}
}

func dial(t *testing.T, d link.Dialer, address string, o link.Options) link.Link {
	t.Helper()
	o.Broker = "tcp://" + address
	if o.ClientID == "" {
		o.ClientID = "sim-1"
	}
	l, err := d.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func publish(t *testing.T, l link.Link, from, to int) {
	t.Helper()
	for k := from; k < to; k++ {
		for {
			err := l.Publish("up", fmt.Appendf(nil, "%d", k), uint64(k))
			if err == nil {
				break
			}
			if !errors.Is(err, link.ErrBusy) {
				t.Fatal(err)
			}
			pause := time.NewTimer(time.Millisecond)
			<-pause.C
		}
	}
}

func TestWhatIsPublishedArrivesInOrderAndIsAcked(t *testing.T) {
	each(t, func(t *testing.T, d link.Dialer) {
		const n = 3000
		address := mosquittotest.Start(t)
		heard, a := subscriber(t, address, "up"), newAcks()
		l := dial(t, d, address, link.Options{Acked: a.acked, Window: 500})
		publish(t, l, 0, n)
		a.wait(t, n)
		eventually(t, "all heard", func() bool { return len(heard()["up"]) == n })
		for k, body := range heard()["up"] {
			if body != fmt.Sprint(k) {
				t.Fatalf("message %d is %q", k, body)
			}
		}
	})
}

func TestTheStateIsRetained(t *testing.T) {
	each(t, func(t *testing.T, d link.Dialer) {
		address := mosquittotest.Start(t)
		l := dial(t, d, address, link.Options{StateTopic: "state", Online: "on", Offline: "off"})
		heard := subscriber(t, address, "state")
		eventually(t, "on", func() bool { return fmt.Sprint(heard()["state"]) == "[on]" })
		l.Close()
		eventually(t, "off", func() bool { return fmt.Sprint(heard()["state"]) == "[on off]" })
		l.Close()
		if err := l.Publish("up", nil, 1); !errors.Is(err, link.ErrClosed) {
			t.Errorf("publish after Close: %v", err)
		}
	})
}

// Not for Paho: it never completes the tokens of some messages that it was
// writing when the connection broke.
func TestNothingIsLostWhenTheBrokerDies(t *testing.T) {
	own(t, func(t *testing.T, d link.Dialer) {
		const n = 600
		address := mosquittotest.FreeAddress(t)
		kill := mosquittotest.Run(t, address)
		t.Cleanup(func() { kill() })
		a, lost := newAcks(), make(chan error, 1000)
		l := dial(t, d, address, link.Options{Acked: a.acked, StateTopic: "state", Online: "on", Offline: "off", Lost: func(err error) { lost <- err }})
		publish(t, l, 0, n/3)
		kill()
		publish(t, l, n/3, 2*n/3)
		select {
		case <-lost:
		case <-time.After(20 * time.Second):
			t.Fatal("nobody was told of the break")
		}
		kill = mosquittotest.Run(t, address)
		publish(t, l, 2*n/3, n)
		a.wait(t, n)
		heard := subscriber(t, address, "state")
		eventually(t, "on again", func() bool { return len(heard()["state"]) > 0 && heard()["state"][0] == "on" })
	})
}

func TestARefusedConnection(t *testing.T) {
	each(t, func(t *testing.T, d link.Dialer) {
		address := mosquittotest.Start(t, "allow_anonymous false")
		if _, err := d.Dial(t.Context(), link.Options{Broker: "tcp://" + address, ClientID: "sim-1", Username: "u", Password: "wrong"}); err == nil {
			t.Error("connected without a right")
		}
	})
}

func TestDialEndsWithItsContext(t *testing.T) {
	each(t, func(t *testing.T, d link.Dialer) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := d.Dial(ctx, link.Options{Broker: "tcp://" + mosquittotest.FreeAddress(t), ClientID: "sim-1"}); err == nil {
			t.Error("connected to nothing")
		}
	})
}

func TestTheBrokersReceiveMaximumIsKept(t *testing.T) {
	address := mosquittotest.Start(t, "max_inflight_messages 5")
	a := newAcks()
	l := dial(t, pool(t, mqttclient.V5), address, link.Options{Acked: a.acked, Lost: func(err error) { t.Error(err) }})
	publish(t, l, 0, 500)
	a.wait(t, 500)
}
