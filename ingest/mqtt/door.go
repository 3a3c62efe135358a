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
	Routes   Routes        // required; those of HTTP paths are passed over
	TLS      *tls.Config
	Logger   *slog.Logger
	Metrics  prometheus.Registerer
}

// Routes is the table of routes, as it is now.
type Routes interface {
	All() []ingest.Route
	Match(topic string) string
}

// Validate returns what is wrong with the options, before any I/O.
func (o *Options) Validate() error {
	if err := CheckURL(o.URL); err != nil {
		return err
	}
	if o.Intake == nil || o.Routes == nil {
		return errors.New("mqtt door: Intake and Routes are required")
	}
	return nil
}

// CheckURL returns what is wrong with the address of a broker. It never shows
// the address, in which a password may stand.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return errors.New("broker address must look like tcp://host:1883; check RIONE_BROKER_URL")
	}
	switch u.Scheme {
	case "ws", "wss": // have ports of their own
		return nil
	case "tcp", "mqtt", "ssl", "tls", "mqtts":
	default:
		return fmt.Errorf("broker address has the scheme %q; use tcp, mqtt, ssl, mqtts, ws or wss in RIONE_BROKER_URL", u.Scheme)
	}
	if u.Port() == "" {
		return errors.New("broker address names no port; write tcp://host:1883 or ssl://host:8883 in RIONE_BROKER_URL")
	}
	return nil
}

const (
	// queued bounds the messages between the client and the intake. A broker
	// never has more than this many unacknowledged ones under way, so QoS 1 and
	// 2 find room always; QoS 0 beyond it is dropped and counted.
	queued = math.MaxUint16

	// leave is how long Close waits for messages that are being committed.
	leave = time.Second
)

// Door is a client of one external broker.
type Door struct {
	opt      Options
	broker   string // host and port
	client   paho.Client
	incoming chan paho.Message
	window   window
	stop     chan struct{}
	stopOnce sync.Once
	loops    sync.WaitGroup
	ended    chan struct{} // closed when both loops have ended
	state    state
	asked    subscriptions
	received *prometheus.CounterVec
}

var _ ingest.Acker = (*Door)(nil)

// New checks the options; it does not connect.
func New(o Options) (*Door, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	u, _ := url.Parse(o.URL) // checked by Validate
	o.ClientID = cmp.Or(o.ClientID, "rione")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Logger = o.Logger.With("broker", u.Host)
	d := &Door{
		opt: o, broker: u.Host, incoming: make(chan paho.Message, queued), window: newWindow(),
		stop: make(chan struct{}), ended: make(chan struct{}),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "rione", Subsystem: "mqtt", Name: "messages_total", Help: "Messages from external brokers, by what became of them at the door.",
			ConstLabels: prometheus.Labels{"broker": u.Host, "client": o.ClientID},
		}, []string{"result"}),
	}
	if o.Metrics != nil {
		o.Metrics.MustRegister(d.received)
	}
	d.client = paho.NewClient(d.clientOptions(u))
	return d, nil
}

// Start connects and keeps connected until Close. It waits for the first
// connection no longer than ctx lives, and goes on trying after that.
func (d *Door) Start(ctx context.Context) {
	d.loops.Go(d.submitLoop)
	d.loops.Go(d.ackLoop)
	token := d.client.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
	}
}

// enqueue never blocks, so that the client's keep-alive goes on while the
// store is slow.
func (d *Door) enqueue(m paho.Message) {
	select {
	case d.incoming <- m:
	default:
		d.count("dropped")
		if m.Qos() > 0 {
			d.opt.Logger.Error("external broker sends beyond its own window; the message comes again after a reconnect", "topic", m.Topic())
		}
	}
}

func (d *Door) count(result string) { d.received.WithLabelValues(result).Inc() }

// submitLoop hands messages to the intake in the order of their arrival.
func (d *Door) submitLoop() {
	for {
		select {
		case <-d.stop:
			return
		default:
		}
		select {
		case m := <-d.incoming:
			d.submit(m)
		case <-d.stop:
			return
		}
	}
}

func (d *Door) submit(m paho.Message) {
	msg := ingest.Message{
		Received: time.Now().UTC(), Door: DoorName, Route: d.opt.Routes.Match(m.Topic()), Topic: m.Topic(), Payload: m.Payload(),
	}
	token := d.window.add(m)
	err := d.opt.Intake.Submit(&msg, d, token)
	switch {
	case err == nil:
	case errors.Is(err, ingest.ErrTooLarge):
		// Sent again it would be too large again: it is acknowledged, counted
		// and named, since no broker could be told otherwise.
		d.count("too_large")
		d.opt.Logger.Error("message from the external broker is larger than the limit and is left out", "topic", m.Topic(), "bytes", len(m.Payload()))
		d.window.settle(token, true)
		d.window.wake()
	default:
		d.count("refused")
		d.window.settle(token, false)
		d.window.wake()
	}
}

// Ack implements ingest.Acker. A message whose record is not durable is not
// acknowledged; the broker sends it again after a reconnect.
func (d *Door) Ack(token uint64, err error) {
	if err != nil {
		d.count("refused")
	} else {
		d.count("taken")
	}
	d.window.settle(token, err == nil)
}

// Flush implements ingest.Acker. It wakes the loop that sends the acks.
func (d *Door) Flush() { d.window.wake() }

// ackLoop sends acks apart from the intake, which must not wait for a
// connection. After the stop it waits a while for what is being committed, so
// that the broker need not send it again.
func (d *Door) ackLoop() {
	stop, late := d.stop, (<-chan time.Time)(nil)
	for {
		select {
		case <-d.window.ready:
		case <-stop:
			stop, late = nil, time.After(leave)
		case <-late:
			return
		}
		for _, m := range d.window.take() {
			m.Ack()
		}
		if stop == nil && d.window.empty() {
			return
		}
	}
}

// Close takes leave of the broker, which keeps the session and sends again what
// is not acknowledged. It is idempotent. A loop that is held up in a full
// intake ends with the intake.
func (d *Door) Close() {
	d.stopOnce.Do(func() {
		close(d.stop)
		go func() { defer close(d.ended); d.loops.Wait() }()
		late := time.NewTimer(2 * leave)
		defer late.Stop()
		select {
		case <-d.ended:
		case <-late.C:
		}
		d.client.Disconnect(250)
	})
}
