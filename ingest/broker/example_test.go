package broker_test

import (
	"context"
	"fmt"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/ingest"
	"rione/ingest/broker"
)

// printer is an intake that prints and commits at once.
type printer struct{}

func (printer) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	fmt.Printf("%s says on %s: %s\n", m.Client, m.Topic, m.Payload)
	a.Ack(token, nil)
	a.Flush()
	return nil
}

// everybody may connect, and publish under a name of its own.
type everybody struct{}

func (everybody) Connect(_ context.Context, c broker.Credentials) (broker.Grant, error) {
	if c.ClientID == "" {
		return nil, broker.ErrBadClientID
	}
	return own(c.ClientID), nil
}

type own string

func (o own) Identity() string           { return string(o) }
func (o own) MayPublish(t string) bool   { return t == string(o)+"/up" }
func (o own) MaySubscribe(f string) bool { return f == string(o)+"/cmd" }

func ExampleServer() {
	door, err := broker.New(broker.Options{Intake: printer{}, Access: everybody{}, Listen: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := door.Start(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + door.Addr().String()).SetClientID("air-0001"))
	client.Connect().Wait()
	ack := client.Publish("air-0001/up", 1, false, `{"pm10_ugm3": 21.5}`)
	ack.Wait()
	fmt.Println("acked:", ack.Error() == nil)
	client.Disconnect(100)
	fmt.Println("closed:", door.Close() == nil)
	// Output:
	// air-0001 says on air-0001/up: {"pm10_ugm3": 21.5}
	// acked: true
	// closed: true
}
