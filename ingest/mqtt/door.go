// Package mqtt is the door to an external MQTT broker: a client that subscribes
// there and acknowledges each message only after it is durable in the journal.
package mqtt

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
)

// DoorName is the door that its messages carry.
const DoorName = "broker"

// Options describe a door to one broker.
type Options struct {
	URL      string        // tcp://, ssl://, ws:// or wss://, user and password may stand in it; required
	ClientID string        // names the persistent session; default "rione"
	Group    string        // shared subscription $share/Group/…, "" subscribes alone
	Intake   ingest.Intake // required
	Routes   *ingest.Routes
	TLS      *tls.Config
	Logger   *slog.Logger
	Metrics  prometheus.Registerer
}

// Validate returns what is wrong with the options, before any I/O.
func (o *Options) Validate() error {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "":
		return errors.New("broker address must look like tcp://host:1883; check RIONE_BROKER_URL")
	case u.Scheme != "tcp" && u.Scheme != "ssl" && u.Scheme != "ws" && u.Scheme != "wss":
		return fmt.Errorf("broker address has the scheme %q; use tcp, ssl, ws or wss in RIONE_BROKER_URL", u.Scheme)
	case o.Intake == nil || o.Routes == nil:
		return errors.New("mqtt door: Intake and Routes are required")
	}
	return nil
}

// queued bounds the messages between the client and the intake. A broker never
// has more than this many unacknowledged ones under way, so QoS 1 and 2 find
// room always; QoS 0 beyond it is dropped and counted.
const queued = math.MaxUint16

// Door is a client of one external broker.
type Door struct {
	opt      Options
	client   paho.Client
	incoming chan paho.Message
	acks     chan paho.Message
	pending  sync.Map // token → paho.Message
	stop     chan struct{}
	stopOnce sync.Once
	done     sync.WaitGroup
	received *prometheus.CounterVec
}

// New checks the options; it does not connect.
func New(o Options) (*Door, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.ClientID = cmp.Or(o.ClientID, "rione")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Door{
		opt: o, incoming: make(chan paho.Message, queued), acks: make(chan paho.Message, queued), stop: make(chan struct{}),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "rione", Subsystem: "mqtt", Name: "messages_total", Help: "Messages from external brokers, by what became of them at the door.",
		}, []string{"result"}),
	}
	if o.Metrics != nil {
		o.Metrics.MustRegister(d.received)
	}
	d.client = paho.NewClient(d.clientOptions())
	return d, nil
}

func (d *Door) clientOptions() *paho.ClientOptions {
	u, _ := url.Parse(d.opt.URL) // checked by Validate
	c := paho.NewClientOptions().
		SetClientID(d.opt.ClientID).SetCleanSession(false).
		SetAutoAckDisabled(true).SetOrderMatters(true). // handlers only enqueue
		SetConnectRetry(true).SetConnectRetryInterval(time.Second).
		SetAutoReconnect(true).SetMaxReconnectInterval(10 * time.Second).
		SetWriteTimeout(10 * time.Second).SetTLSConfig(d.opt.TLS).
		SetOnConnectHandler(d.subscribe).
		SetConnectionLostHandler(func(_ paho.Client, err error) {
			d.opt.Logger.Warn("external broker lost, connecting again", "broker", u.Host, "error", err)
		})
	if u.User != nil {
		password, _ := u.User.Password()
		c.SetUsername(u.User.Username()).SetPassword(password)
		u.User = nil
	}
	return c.AddBroker(u.String())
}

// Start connects and keeps connected until Close. It waits for the first
// connection no longer than ctx lives, and goes on trying after that.
func (d *Door) Start(ctx context.Context) {
	d.done.Go(d.submitLoop)
	d.done.Go(d.ackLoop)
	token := d.client.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
	}
}

// Connected tells whether the broker is reachable now.
func (d *Door) Connected() error {
	if !d.client.IsConnectionOpen() {
		return errors.New("external broker is not connected; check RIONE_BROKER_URL and the broker")
	}
	return nil
}

// subscribe runs after each connect: every filter of the routes, at QoS 1. A
// broker that takes part of them only is reported; the rest works.
func (d *Door) subscribe(c paho.Client) {
	filters := map[string]byte{}
	for _, r := range d.opt.Routes.All() {
		filter := r.Filter
		if d.opt.Group != "" {
			filter = "$share/" + d.opt.Group + "/" + filter
		}
		filters[filter] = 1
	}
	token := c.SubscribeMultiple(filters, func(_ paho.Client, m paho.Message) { d.enqueue(m) })
	d.done.Go(func() {
		select {
		case <-token.Done():
		case <-d.stop:
			return
		}
		if err := token.Error(); err != nil {
			d.opt.Logger.Error("external broker refuses the subscription", "error", err)
			return
		}
		d.opt.Logger.Info("external broker connected", "filters", len(filters))
	})
}

// enqueue never blocks, so that the client's keep-alive goes on while the
// store is slow.
func (d *Door) enqueue(m paho.Message) {
	select {
	case d.incoming <- m:
	default:
		d.received.WithLabelValues("dropped").Inc()
		if m.Qos() > 0 {
			d.opt.Logger.Error("external broker sends beyond its own window; the message comes again after a reconnect", "topic", m.Topic())
		}
	}
}

// submitLoop hands messages to the intake in the order of their arrival.
func (d *Door) submitLoop() {
	for token := uint64(1); ; token++ {
		select {
		case m := <-d.incoming:
			d.submit(m, token)
		case <-d.stop:
			return
		}
	}
}

func (d *Door) submit(m paho.Message, token uint64) {
	msg := ingest.Message{
		Received: time.Now().UTC(), Door: DoorName, Route: d.opt.Routes.Match(m.Topic()), Topic: m.Topic(), Payload: m.Payload(),
	}
	d.pending.Store(token, m)
	err := d.opt.Intake.Submit(&msg, d, token)
	switch {
	case err == nil:
		return
	case errors.Is(err, ingest.ErrTooLarge):
		// Sent again it would be too large again: it is acknowledged, counted
		// and named, since no broker could be told otherwise.
		d.received.WithLabelValues("too_large").Inc()
		d.opt.Logger.Error("message from the external broker is larger than the limit and is left out", "topic", m.Topic(), "bytes", len(m.Payload()))
		d.acks <- m
	default:
		d.received.WithLabelValues("refused").Inc()
	}
	d.pending.Delete(token)
}

// Ack implements ingest.Acker. A message whose record is not durable is not
// acknowledged; the broker sends it again after a reconnect.
func (d *Door) Ack(token uint64, err error) {
	m, ok := d.pending.LoadAndDelete(token)
	if !ok {
		return
	}
	if err != nil {
		d.received.WithLabelValues("refused").Inc()
		return
	}
	d.received.WithLabelValues("taken").Inc()
	d.acks <- m.(paho.Message) // has room for every message under way
}

// Flush implements ingest.Acker; the client writes each ack by itself.
func (d *Door) Flush() {}

// ackLoop sends acks in order, apart from the intake, which must not wait for
// a connection.
func (d *Door) ackLoop() {
	for {
		select {
		case m := <-d.acks:
			m.Ack()
		case <-d.stop:
			return
		}
	}
}

// Close takes leave of the broker, which keeps the session. It is idempotent.
func (d *Door) Close() {
	d.stopOnce.Do(func() {
		d.client.Disconnect(250)
		close(d.stop)
	})
	d.done.Wait()
}
