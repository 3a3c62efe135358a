package mqtt_test

import (
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/ingest"
	"rione/ingest/mqtt"
)

// A command leaves by the external broker to whoever subscribes there. Without
// the broker it fails at once, instead of being kept for a time when it would do
// harm; one that is under way when the broker goes does not wait for ever.
func TestPublishCommand(t *testing.T) {
	b := mosquitto(t, anonymous)
	d := connect(t, mqtt.Options{URL: b.url(), Intake: newIntake()})
	got := make(chan paho.Message, 1)
	network := publisher(t, b.url())
	done(t, network.Subscribe("application/7/device/a1/command/down", 1, func(_ paho.Client, m paho.Message) { got <- m }))
	command := ingest.Command{Device: "bin-1", Door: mqtt.DoorName, Topic: "application/7/device/a1/command/down", Payload: []byte(`{"fPort":2}`)}
	if err := d.Publish(t.Context(), command); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-got:
		if m.Topic() != command.Topic || string(m.Payload()) != `{"fPort":2}` || m.Qos() != 1 || m.Retained() {
			t.Errorf("got %s %s, QoS %d, retained %v", m.Topic(), m.Payload(), m.Qos(), m.Retained())
		}
	case <-time.After(waitLong):
		t.Fatal("the command never came")
	}
	b.kill()
	await(t, "the broker is missed", func() bool { return d.Publish(t.Context(), command) != nil })
}
