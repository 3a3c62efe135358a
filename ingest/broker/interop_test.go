package broker

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/paho"
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

// dial5 connects an independent client of MQTT 5.
func dial5(t testing.TB, s *Server, id string, got func(*paho5.Publish)) *paho5.Client {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := paho5.NewClient(paho5.ClientConfig{
		Conn: conn,
		OnPublishReceived: []func(paho5.PublishReceived) (bool, error){func(p paho5.PublishReceived) (bool, error) {
			got(p.Packet)
			return true, nil
		}},
	})
	ctx, cancel := context.WithTimeout(t.Context(), waitLong)
	defer cancel()
	if _, err := c.Connect(ctx, &paho5.Connect{ClientID: id, CleanStart: true, KeepAlive: 30}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Disconnect(&paho5.Disconnect{}); err != nil {
			t.Log(err)
		}
	})
	return c
}

func TestPaho5(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	got := make(chan *paho5.Publish, 10)
	sub := dial5(t, s, "sub", func(p *paho5.Publish) { got <- p })
	ctx, cancel := context.WithTimeout(t.Context(), waitLong)
	defer cancel()
	if _, err := sub.Subscribe(ctx, &paho5.Subscribe{Subscriptions: []paho5.SubscribeOptions{{Topic: "sc/#", QoS: 2}}}); err != nil {
		t.Fatal(err)
	}
	pub := dial5(t, s, "pub", func(*paho5.Publish) {})
	for qos := range byte(3) {
		m := &paho5.Publish{Topic: "sc/x", QoS: qos, Payload: []byte{'0' + qos}, Properties: &paho5.PublishProperties{ContentType: "text"}}
		if _, err := pub.Publish(ctx, m); err != nil {
			t.Fatal(err)
		}
		select {
		case p := <-got:
			if p.Topic != "sc/x" || string(p.Payload) != string(m.Payload) || p.QoS != min(qos, 1) || p.Properties.ContentType != "text" {
				t.Errorf("QoS %d came as %v", qos, p)
			}
		case <-ctx.Done():
			t.Fatalf("QoS %d did not come", qos)
		}
	}
	if _, err := pub.Publish(ctx, &paho5.Publish{Topic: "secret/x", QoS: 1}); err == nil {
		t.Error("the client was not told that it may not publish there")
	}
	if n := len(intake.awaitStored(t, 3)); n != 3 {
		t.Errorf("stored %d", n)
	}
}

// partner returns the path of a program, or skips the test.
func partner(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed; install it to check that it gets on with the door", name)
	}
	return path
}

func TestMosquittoClients(t *testing.T) {
	pub, sub := partner(t, "mosquitto_pub"), partner(t, "mosquitto_sub")
	intake := newIntake()
	s := start(t, intake, nil)
	host, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"311", "5"} {
		for qos := range 3 {
			topic := fmt.Sprintf("m/%s/%d", version, qos)
			args := []string{"-h", host, "-p", port, "-V", version, "-t", topic, "-q", fmt.Sprint(qos)}
			ctx, cancel := context.WithTimeout(t.Context(), waitLong)
			listen := exec.CommandContext(ctx, sub, append(args, "-C", "2", "-F", "%t %p %r", "-i", "sub"+topic)...)
			var heard strings.Builder
			listen.Stdout = &heard
			if err := listen.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "mosquitto_sub subscribes", func() bool { return s.subs.any(topic) })
			for _, payload := range []string{"one", "two"} {
				if out, err := exec.CommandContext(ctx, pub, append(args, "-r", "-m", payload, "-i", "pub"+topic)...).CombinedOutput(); err != nil {
					t.Fatalf("mosquitto_pub: %v: %s", err, out)
				}
			}
			if err := listen.Wait(); err != nil {
				t.Fatalf("mosquitto_sub: %v", err)
			}
			if want := topic + " one 0\n" + topic + " two 0\n"; heard.String() != want {
				t.Errorf("heard %q, want %q", heard.String(), want)
			}
			cancel()
		}
	}
	if n := len(intake.awaitStored(t, 12)); n != 12 {
		t.Errorf("stored %d", n)
	}
}

func TestPythonClient(t *testing.T) {
	python := partner(t, "python3")
	if err := exec.Command(python, "-c", "import paho.mqtt").Run(); err != nil {
		t.Skip("SKIPPED: python3 has no paho-mqtt; pip install paho-mqtt, or name its folder in PYTHONPATH")
	}
	s := start(t, newIntake(), nil)
	host, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	script(t, python, "testdata/interop/interop.py", host, port)
}

func TestJavaScriptClient(t *testing.T) {
	node := partner(t, "node")
	if err := exec.Command(node, "-e", "require('mqtt')").Run(); err != nil {
		t.Skip("SKIPPED: node has no mqtt; npm install mqtt, and name its node_modules in NODE_PATH")
	}
	s := start(t, newIntake(), nil)
	script(t, node, "testdata/interop/interop.js", "mqtt://"+s.Addr().String())
	web := httptest.NewServer(s.WebSocketHandler())
	defer web.Close()
	script(t, node, "testdata/interop/interop.js", "ws"+strings.TrimPrefix(web.URL, "http"))
}

func script(t *testing.T, command string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*waitLong)
	defer cancel()
	if out, err := exec.CommandContext(ctx, command, args...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", args[0], err, out)
	}
}
