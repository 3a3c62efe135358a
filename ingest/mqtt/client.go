package mqtt

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// clientOptions configure the client. Messages reach one default handler: those
// of a persistent session come before any subscription is made, and a message
// that fits two routes must not come twice.
func (d *Door) clientOptions(u *url.URL) *paho.ClientOptions {
	c := paho.NewClientOptions().
		SetClientID(d.opt.ClientID).SetCleanSession(false).SetProtocolVersion(4).
		SetAutoAckDisabled(true).SetOrderMatters(true). // the handler only enqueues
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { d.enqueue(m) }).
		SetConnectRetry(true).SetConnectRetryInterval(jitter(time.Second)).
		SetAutoReconnect(true).SetMaxReconnectInterval(jitter(10 * time.Second)).
		SetCustomOpenConnectionFn(open).SetTLSConfig(d.opt.TLS).
		SetOnConnectHandler(d.subscribe).
		SetConnectionNotificationHandler(d.notice)
	if u.User != nil {
		password, _ := u.User.Password()
		c.SetUsername(u.User.Username()).SetPassword(password)
		u.User = nil
	}
	return c.AddBroker(u.String())
}

// jitter keeps the doors of many processes from coming back in step.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2) }

// subscribe runs after each connect: every filter of the routes, at QoS 1. What
// the persistent session still has of an older table is given up.
func (d *Door) subscribe(c paho.Client) {
	d.state.set(nil)
	d.asked.mu.Lock()
	defer d.asked.mu.Unlock()
	filters := d.filters()
	if d.ask(c, filters) {
		d.giveUp(c, d.asked.filters, filters)
		d.asked.filters = filters
		d.opt.Logger.Info("external broker connected", "filters", len(filters))
	}
}

// subscriptions are the filters that the door subscribed to last.
type subscriptions struct {
	mu      sync.Mutex
	filters map[string]byte
}

// RoutesChanged subscribes to what is new in the table and leaves what is gone.
// A door that is not connected does so when it is.
func (d *Door) RoutesChanged() {
	d.asked.mu.Lock()
	defer d.asked.mu.Unlock()
	if d.asked.filters == nil || !d.client.IsConnectionOpen() {
		return
	}
	filters, added := d.filters(), map[string]byte{}
	for f, qos := range filters {
		if _, had := d.asked.filters[f]; !had {
			added[f] = qos
		}
	}
	if len(added) > 0 && !d.ask(d.client, added) {
		return // the connection broke; the next one asks for all
	}
	d.giveUp(d.client, d.asked.filters, filters)
	d.asked.filters = filters
}

// ask subscribes, and tells whether the broker answered. One that takes part of
// the filters only is reported; the rest works.
func (d *Door) ask(c paho.Client, filters map[string]byte) bool {
	token := c.SubscribeMultiple(filters, nil)
	if !d.settled(token) {
		return false
	}
	if err := token.Error(); err != nil {
		d.opt.Logger.Error("subscription at the external broker failed", "error", err)
		return false
	}
	for filter, code := range token.(*paho.SubscribeToken).Result() {
		if code >= 0x80 {
			d.opt.Logger.Error("external broker refuses a subscription; allow it there, or leave the route out", "filter", filter)
		}
	}
	return true
}

// giveUp ends the subscriptions that were made before and are wanted no more.
func (d *Door) giveUp(c paho.Client, before, wanted map[string]byte) {
	var gone []string
	for f := range before {
		if _, stays := wanted[f]; !stays {
			gone = append(gone, f)
		}
	}
	if len(gone) == 0 {
		return
	}
	if token := c.Unsubscribe(gone...); d.settled(token) && token.Error() != nil {
		d.opt.Logger.Warn("external broker keeps subscriptions that are wanted no more", "error", token.Error())
	}
}

// settled waits for the broker's answer, unless the door closes.
func (d *Door) settled(token paho.Token) bool {
	select {
	case <-token.Done():
		return true
	case <-d.stop:
		return false
	}
}

// filters are the topic filters of the routes.
func (d *Door) filters() map[string]byte {
	out := map[string]byte{}
	for _, r := range d.opt.Routes.All() {
		switch {
		case r.IsPath():
		case d.opt.Group != "":
			out["$share/"+d.opt.Group+"/"+r.Filter] = 1
		default:
			out[r.Filter] = 1
		}
	}
	return out
}

// notice hears what the client does. A broker that stays away is named once for
// each reason.
func (d *Door) notice(_ paho.Client, n paho.ConnectionNotification) {
	switch n := n.(type) {
	case paho.ConnectionNotificationLost:
		d.state.set(n.Reason)
		d.opt.Logger.Warn("external broker lost, connecting again", "error", n.Reason)
	case paho.ConnectionNotificationFailed:
		if d.state.set(n.Reason) {
			d.opt.Logger.Warn("external broker cannot be reached, trying again", "error", n.Reason)
		}
	}
}

// state is why there is no connection.
type state struct {
	mu  sync.Mutex
	err error
}

// set keeps err and tells whether it says something new.
func (s *state) set(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := err != nil && (s.err == nil || s.err.Error() != err.Error())
	s.err = err
	return news
}

// Connected tells whether the broker is reachable now, and why it is not.
func (d *Door) Connected() error {
	if d.client.IsConnectionOpen() {
		return nil
	}
	d.state.mu.Lock()
	defer d.state.mu.Unlock()
	err := d.state.err
	if err == nil {
		err = errors.New("there was no connection yet")
	}
	return fmt.Errorf("external broker %s is not connected: %w; check RIONE_BROKER_URL and the broker", d.broker, err)
}
