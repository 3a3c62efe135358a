// Package mqttclient is an MQTT 3.1.1 and 5 client for publishing at QoS 1 from
// many thousand connections of one process. It does what a device does and no
// more: it connects, publishes, keeps its state retained, resumes after a
// break, and says goodbye. It never subscribes.
package mqttclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"sync"
	"time"

	"rione/simulator/link"
)

// Options of a pool.
type Options struct {
	Version byte        // V311 or V5; 0 = V311
	TLS     *tls.Config // for brokers at tls://; nil = the system's roots
	// PerSource is how many connections leave from one loopback address before
	// the next one is used; 0 = 10,000. Half of an address's ports are found at
	// once, the others by a search that takes longer each time.
	PerSource int
}

// Pool opens connections and keeps them alive.
type Pool struct {
	o Options

	mu      sync.Mutex
	clients map[*client]struct{}
	poll    *poller // nil where there is none, and while there are no clients
	stop    context.CancelFunc
	work    sync.WaitGroup
}

var _ link.Dialer = (*Pool)(nil)

// connectTimeout bounds dialling, and then the wait for the CONNACK.
const connectTimeout = 10 * time.Second

// maxWindow is below the number of packet ids, so that an id in flight is never
// given twice.
const maxWindow = 60_000

// New returns a pool without connections.
func New(o Options) (*Pool, error) {
	if o.Version == 0 {
		o.Version = V311
	}
	if o.Version != V311 && o.Version != V5 {
		return nil, fmt.Errorf("MQTT version %d: this client speaks 4 (3.1.1) and 5", o.Version)
	}
	if o.PerSource <= 0 {
		o.PerSource = 10_000
	}
	return &Pool{o: o, clients: map[*client]struct{}{}}, nil
}

// Dial implements link.Dialer.
func (p *Pool) Dial(ctx context.Context, o link.Options) (link.Link, error) {
	o = o.WithDefaults()
	if err := check(&o); err != nil {
		return nil, fmt.Errorf("connect %s: %w", o.ClientID, err)
	}
	conn, ack, err := p.connect(ctx, &o)
	if err != nil {
		return nil, fmt.Errorf("connect %s to %s: %w", o.ClientID, o.Broker, err)
	}
	c := &client{o: o, pool: p, box: outbox{nextID: 1}}
	c.idle.L = &c.mu
	c.running, c.stop = context.WithCancel(context.Background())
	p.remember(c)
	c.attach(conn, ack)
	return c, nil
}

// check refuses what no packet can hold.
func check(o *link.Options) error {
	for _, s := range []string{o.ClientID, o.Username, o.Password, o.StateTopic, o.Online, o.Offline} {
		if len(s) > 65_535 {
			return errTooLarge
		}
	}
	if o.KeepAlive < time.Second || o.KeepAlive > 65_535*time.Second {
		return fmt.Errorf("keep-alive of %v: 1 s to 65535 s", o.KeepAlive)
	}
	if o.Window < 1 || o.Window > maxWindow {
		return fmt.Errorf("window of %d messages: 1 to %d", o.Window, maxWindow)
	}
	return nil
}

// connect opens a connection and exchanges CONNECT and CONNACK.
func (p *Pool) connect(ctx context.Context, o *link.Options) (net.Conn, connack, error) {
	conn, err := p.open(ctx, o.Broker)
	if err != nil {
		return nil, connack{}, err
	}
	if o.Slow {
		conn = newSlowConn(conn)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	ack, err := p.greet(conn, o)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, connack{}, err
	}
	return conn, ack, nil
}

func (p *Pool) open(ctx context.Context, broker string) (net.Conn, error) {
	u, err := url.Parse(broker)
	if err != nil {
		return nil, err
	}
	d := &net.Dialer{Timeout: connectTimeout, KeepAlive: -1, LocalAddr: p.source(u.Hostname())}
	switch u.Scheme {
	case "tcp":
		return d.DialContext(ctx, "tcp", u.Host)
	case "tls":
		secure := tls.Dialer{NetDialer: d, Config: p.o.TLS}
		return secure.DialContext(ctx, "tcp", u.Host)
	}
	return nil, fmt.Errorf("%q is no address such as tcp://127.0.0.1:1883 or tls://…:8883", broker)
}

// maxSources are the addresses that connections may leave from.
const maxSources = 200

// source returns the address that the next connection to a host leaves from,
// nil for the system's choice. All of 127.0.0.0/8 is this machine, on Linux.
func (p *Pool) source(host string) net.Addr {
	p.mu.Lock()
	n := len(p.clients) / p.o.PerSource
	p.mu.Unlock()
	ip := net.ParseIP(host).To4()
	if n == 0 || runtime.GOOS != "linux" || ip == nil || !ip.IsLoopback() {
		return nil
	}
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+n%maxSources))}
}

// greet sends a CONNECT and reads the CONNACK, byte by byte past its length so
// that nothing after it is taken.
func (p *Pool) greet(conn net.Conn, o *link.Options) (connack, error) {
	if err := conn.SetDeadline(time.Now().Add(connectTimeout)); err != nil {
		return connack{}, err
	}
	if _, err := conn.Write(appendConnect(nil, p.o.Version, o)); err != nil {
		return connack{}, err
	}
	first, err := readPacket(conn)
	if err != nil {
		return connack{}, fmt.Errorf("wait for CONNACK: %w", err)
	}
	ack, err := parseConnack(p.o.Version, first)
	switch {
	case err != nil:
		return ack, err
	case ack.code != 0:
		return ack, errors.New("refused: " + reason(ack.code))
	}
	return ack, conn.SetDeadline(time.Time{})
}

// readPacket reads one packet and not a byte more.
func readPacket(conn net.Conn) (packet, error) {
	data := make([]byte, 0, 64)
	for {
		p, n, err := split(data)
		if n > 0 || err != nil {
			return p, err
		}
		data = append(data, 0)
		if _, err := conn.Read(data[len(data)-1:]); err != nil {
			return p, err
		}
	}
}

// remember adds c to what is kept alive; the first client sets the pace.
func (p *Pool) remember(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients[c] = struct{}{}
	if p.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		p.stop = stop
		p.poll, _ = newPoller() // without one, each connection has goroutines of its own
		p.work.Go(func() { p.keepAlive(ctx, c.o.KeepAlive/2) })
	}
	c.poll = p.poll
}

// forget drops c; after the last one nothing of the pool runs.
func (p *Pool) forget(c *client) {
	p.mu.Lock()
	delete(p.clients, c)
	stop, poll := p.stop, p.poll
	if len(p.clients) > 0 || stop == nil {
		p.mu.Unlock()
		return
	}
	p.stop, p.poll = nil, nil
	p.mu.Unlock()
	stop()
	if poll != nil {
		poll.close()
	}
	p.work.Wait()
}

// keepAlive ticks all connections twice in a keep-alive interval.
func (p *Pool) keepAlive(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		p.mu.Lock()
		all := make([]*client, 0, len(p.clients))
		for c := range p.clients {
			all = append(all, c)
		}
		p.mu.Unlock()
		for _, c := range all {
			c.tick()
		}
	}
}
