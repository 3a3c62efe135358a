package broker

import (
	"fmt"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// dial4 connects an independent client of MQTT 3.1.1.
func dial4(t testing.TB, s *Server, id string, change func(*paho.ClientOptions)) paho.Client {
	t.Helper()
	o := paho.NewClientOptions().AddBroker("tcp://" + s.Addr().String()).SetClientID(id).SetProtocolVersion(4).
		SetAutoReconnect(false).SetConnectTimeout(waitLong)
	if change != nil {
		change(o)
	}
	c := paho.NewClient(o)
	await(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func await(t testing.TB, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(waitLong) {
		t.Fatal("no answer came")
	}
	if err := token.Error(); err != nil {
		t.Fatal(err)
	}
}

func TestPaho311PublishesAtEveryQoS(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	c := dial4(t, s, "dev-1", nil)
	const n = 300
	for qos := range byte(3) {
		var tokens []paho.Token
		for i := range n {
			tokens = append(tokens, c.Publish(fmt.Sprintf("sc/q%d", qos), qos, false, fmt.Sprint(i)))
		}
		for _, token := range tokens {
			await(t, token)
		}
	}
	got := intake.awaitStored(t, 3*n)
	if len(got) != 3*n {
		t.Fatalf("stored %d messages, want %d", len(got), 3*n)
	}
	for i, m := range got {
		want := stored{client: "dev-1", topic: fmt.Sprintf("sc/q%d", i/n), payload: fmt.Sprint(i % n)}
		if m != want {
			t.Fatalf("message %d is %+v, want %+v", i, m, want)
		}
	}
}

func TestPaho311Subscribes(t *testing.T) {
	s := start(t, newIntake(), nil)
	got := make(chan paho.Message, 10)
	sub := dial4(t, s, "sub", nil)
	await(t, sub.Subscribe("sc/+/up", 1, func(_ paho.Client, m paho.Message) { got <- m }))
	pub := dial4(t, s, "pub", nil)
	await(t, pub.Publish("sc/a/up", 1, false, "hello"))
	select {
	case m := <-got:
		if m.Topic() != "sc/a/up" || string(m.Payload()) != "hello" || m.Qos() != 1 || m.Retained() {
			t.Errorf("got %s %q QoS %d retained %v", m.Topic(), m.Payload(), m.Qos(), m.Retained())
		}
	case <-time.After(waitLong):
		t.Fatal("nothing came")
	}
}
