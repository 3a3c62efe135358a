// Package httpdoor opens the simulator's links to an HTTP door, as the servers
// of networks that push do: a POST a message, 202 is the acknowledgement.
package httpdoor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"rione/simulator/link"
)

// Options of a dialer.
type Options struct {
	URL   string // base, such as http://127.0.0.1:8080
	Token string // of the door
	Conns int    // connections at most; 0 = 32
}

// Dialer opens links that share a few connections, as a server's devices do.
type Dialer struct {
	o      Options
	client *http.Client
	slots  chan struct{} // requests under way
}

var _ link.Dialer = (*Dialer)(nil)

const (
	defaultConns = 32
	timeout      = 30 * time.Second
)

// New returns a dialer; Close ends it.
func New(o Options) *Dialer {
	if o.Conns == 0 {
		o.Conns = defaultConns
	}
	o.URL = strings.TrimSuffix(o.URL, "/")
	transport := &http.Transport{MaxIdleConnsPerHost: o.Conns, MaxConnsPerHost: o.Conns}
	return &Dialer{o: o, client: &http.Client{Transport: transport, Timeout: timeout}, slots: make(chan struct{}, o.Conns)}
}

// Close gives back the connections. The links are closed before.
func (d *Dialer) Close() { d.client.CloseIdleConnections() }

// Dial implements link.Dialer. It makes no connection yet.
func (d *Dialer) Dial(_ context.Context, o link.Options) (link.Link, error) {
	ctx, stop := context.WithCancel(context.Background())
	return &pushed{dialer: d, o: o.WithDefaults(), ctx: ctx, stop: stop}, nil
}

// pushed is the link of one device. Its messages go one after the other; a
// goroutine lives only while there are some.
type pushed struct {
	dialer *Dialer
	o      link.Options
	ctx    context.Context
	stop   context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	queue   []push
	running bool
	closed  bool
}

type push struct {
	path    string
	payload []byte
	token   uint64
}

// Publish implements link.Link.
func (p *pushed) Publish(path string, payload []byte, token uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return link.ErrClosed
	case len(p.queue) >= p.o.Window:
		return link.ErrBusy
	}
	p.queue = append(p.queue, push{path, append([]byte(nil), payload...), token})
	if !p.running {
		p.running = true
		p.work.Go(p.run)
	}
	return nil
}

// run pushes what is queued until there is nothing left.
func (p *pushed) run() {
	for {
		p.mu.Lock()
		if len(p.queue) == 0 || p.ctx.Err() != nil {
			p.running, p.queue = false, nil
			p.mu.Unlock()
			return
		}
		next := p.queue[0]
		p.queue = p.queue[1:]
		p.mu.Unlock()
		p.deliver(next)
	}
}

// again is the pause before the same message is pushed again.
const again = 250 * time.Millisecond

// deliver pushes a message until the door answers for good.
func (p *pushed) deliver(m push) {
	for {
		status, err := p.dialer.post(p.ctx, m)
		switch {
		case err == nil && status/100 == 2: // 202, or 200 where agents know nothing else
			p.o.Acked(m.token)
			return
		case err == nil && status >= 400 && status < 500 && status != http.StatusTooManyRequests:
			p.o.Refused(m.token, byte(status-400+0x80))
			return
		case err != nil && !errors.Is(err, context.Canceled):
			p.o.Lost(err)
		}
		timer := time.NewTimer(again)
		select {
		case <-timer.C:
		case <-p.ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (d *Dialer) post(ctx context.Context, m push) (status int, err error) {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-d.slots }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.o.URL+m.path, bytes.NewReader(m.payload))
	if err != nil {
		return 0, fmt.Errorf("push: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+d.o.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("push: %w", err)
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// Close implements link.Link.
func (p *pushed) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.work.Wait()
}
