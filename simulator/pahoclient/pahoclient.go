// Package pahoclient opens the simulator's links with the Eclipse Paho client:
// the reference that the simulator's own client is compared with. It costs some
// goroutines a device, so use it for hundreds of devices, or to find out
// whether a fault is of the client's making.
package pahoclient

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"rione/simulator/link"
)

// Dialer opens links with the Eclipse Paho client.
type Dialer struct{}

var _ link.Dialer = Dialer{}

// Times of a link.
const (
	connectTimeout = 10 * time.Second
	maxReconnect   = 2 * time.Second
	goodbye        = 250 * time.Millisecond
)

// Dial implements link.Dialer.
func (Dialer) Dial(ctx context.Context, o link.Options) (link.Link, error) {
	c := &client{o: o.WithDefaults()}
	c.queue = make(chan outgoing, c.o.Window)
	c.sent = make(chan pending, c.o.Window)
	c.mqtt = mqtt.NewClient(c.settings())
	token := c.mqtt.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
		c.mqtt.Disconnect(0)
		return nil, ctx.Err()
	}
	if err := token.Error(); err != nil {
		return nil, fmt.Errorf("connect %s to %s: %w", c.o.ClientID, c.o.Broker, err)
	}
	if c.o.StateTopic != "" {
		c.mqtt.Publish(c.o.StateTopic, 1, true, c.o.Online).WaitTimeout(goodbye)
	}
	c.work.Go(c.send)
	c.work.Go(c.collect)
	return c, nil
}

// client is one connection.
type client struct {
	o    link.Options
	mqtt mqtt.Client
	work sync.WaitGroup

	again  atomic.Bool // it has connected before
	mu     sync.Mutex  // guards closing of queue
	closed bool
	queue  chan outgoing
	sent   chan pending
}

// outgoing waits to be sent, pending for its PUBACK.
type (
	outgoing struct {
		topic   string
		payload []byte
		token   uint64
	}
	pending struct {
		mqtt  mqtt.Token
		token uint64
	}
)

func (c *client) settings() *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().AddBroker(c.o.Broker).SetClientID(c.o.ClientID).
		SetUsername(c.o.Username).SetPassword(c.o.Password).SetCleanSession(false).SetOrderMatters(false).
		SetKeepAlive(c.o.KeepAlive).SetConnectTimeout(connectTimeout).SetMaxReconnectInterval(maxReconnect).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { c.o.Lost(err) })
	if c.o.StateTopic != "" {
		o.SetWill(c.o.StateTopic, c.o.Offline, 1, true)
		// Paho calls back while it still marks stored messages as duplicates, so
		// that a QoS 1 message from here races with it; the first is Dial's task.
		o.SetReconnectingHandler(func(mqtt.Client, *mqtt.ClientOptions) { c.again.Store(true) })
		o.SetOnConnectHandler(func(m mqtt.Client) {
			if c.again.Load() {
				m.Publish(c.o.StateTopic, 0, true, c.o.Online)
			}
		})
	}
	return o
}

// Publish implements link.Link.
func (c *client) Publish(topic string, payload []byte, token uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return link.ErrClosed
	}
	if len(c.queue) == cap(c.queue) {
		return link.ErrBusy
	}
	c.queue <- outgoing{topic: topic, payload: append([]byte(nil), payload...), token: token}
	return nil
}

// send hands the queue to the client, whose Publish may block.
func (c *client) send() {
	defer close(c.sent)
	for m := range c.queue {
		c.sent <- pending{mqtt: c.mqtt.Publish(m.topic, 1, false, m.payload), token: m.token}
	}
}

// collect waits for the PUBACKs in the order of sending.
func (c *client) collect() {
	for p := range c.sent {
		<-p.mqtt.Done()
		if p.mqtt.Error() == nil {
			c.o.Acked(p.token)
		}
	}
}

// Close implements link.Link.
func (c *client) Close() {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	c.mu.Unlock()
	if !first {
		return
	}
	if c.o.StateTopic != "" && c.mqtt.IsConnectionOpen() {
		c.mqtt.Publish(c.o.StateTopic, 1, true, c.o.Offline).WaitTimeout(goodbye)
	}
	c.mqtt.Disconnect(uint(goodbye.Milliseconds()))
	close(c.queue) // nobody sends any more: Publish looks at closed first
	c.work.Wait()
}
