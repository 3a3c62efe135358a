package mqtt_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"rione/ingest/mqtt"
)

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestOptions(t *testing.T) {
	f := func(want string, o mqtt.Options) {
		t.Helper()
		_, err := mqtt.New(o)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error is %v, want %q", o.URL, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	in, r := newIntake(), routes(t)
	f("", mqtt.Options{URL: "wss://user:secret@broker.example:443/mqtt", Intake: in, Routes: r})
	f("tcp://host:1883", mqtt.Options{Intake: in, Routes: r})
	f("tcp://host:1883", mqtt.Options{URL: "broker:1883", Intake: in, Routes: r})
	f("tcp://host:1883", mqtt.Options{URL: "tcp://user:secret@broker:port", Intake: in, Routes: r})
	f(`scheme "http"`, mqtt.Options{URL: "http://user:secret@broker", Intake: in, Routes: r})
	f("Intake and Routes", mqtt.Options{URL: "tcp://broker:1883", Routes: r})
	f("Intake and Routes", mqtt.Options{URL: "tcp://broker:1883", Intake: in})
}

// A broker that is not there holds nothing up: neither the start nor the end.
func TestNoBroker(t *testing.T) {
	log := &logged{}
	d, err := mqtt.New(mqtt.Options{URL: fmt.Sprintf("tcp://user:secret@127.0.0.1:%d", freePort(t)), Intake: newIntake(), Routes: routes(t), Logger: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	d.Start(canceled(t))
	await(t, "the failure is logged", func() bool { return strings.Contains(log.String(), "cannot be reached") })
	if err := d.Connected(); err == nil || strings.Contains(err.Error()+log.String(), "secret") || !strings.Contains(err.Error(), "RIONE_BROKER_URL") {
		t.Errorf("error is %v, log is %s", err, log)
	}
	d.Close()
	unstarted, err := mqtt.New(mqtt.Options{URL: "tcp://127.0.0.1:1", Intake: newIntake(), Routes: routes(t)})
	if err != nil {
		t.Fatal(err)
	}
	unstarted.Close()
}

// natsMQTT is NATS with its own MQTT listener, an external broker that can be
// clustered.
func natsMQTT(t *testing.T) string {
	t.Helper()
	o := &server.Options{
		ServerName: "outer", Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
		JetStreamMaxStore: 64 << 20, MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: -1, AckWait: time.Second},
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(waitLong) {
		t.Fatal("NATS does not start")
	}
	return fmt.Sprintf("tcp://127.0.0.1:%d", o.MQTT.Port)
}

func TestNATSAsBroker(t *testing.T) {
	url, in := natsMQTT(t), newIntake()
	in.hold = true
	d := connect(t, mqtt.Options{URL: url, Intake: in})
	p := publisher(t, url)
	publish(t, p, 1, topic, numbered("x", 50)...)
	await(t, "all have arrived", func() bool { return in.count() == 50 })
	go in.ack(context.Canceled)
	d.Close()

	again := newIntake()
	connect(t, mqtt.Options{URL: url, Intake: again})
	await(t, "what was not acked has come again", func() bool { return len(again.got()) == 50 })
	publish(t, p, 0, topic, "at most once")
	publish(t, p, 2, topic, "exactly once")
	await(t, "the others have arrived", func() bool {
		got := again.got()
		return got[topic+" at most once"] == 1 && got[topic+" exactly once"] == 1
	})
}
