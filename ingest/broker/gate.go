package broker

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// connectBurst is for how many seconds of Limits.ConnectRate an address may
// connect at once, as all devices behind it do after an outage.
const connectBurst = 10

// gate counts sockets and says whether another may come in.
type gate struct {
	limits *Limits

	mu         sync.Mutex
	open       int
	connecting int
	addresses  map[netip.Addr]*visitor
}

// visitor is what is known of one address.
type visitor struct {
	open int
	rate *rate.Limiter
}

func newGate(l *Limits) *gate {
	return &gate{limits: l, addresses: map[netip.Addr]*visitor{}}
}

// enter counts a socket that is about to connect. It returns why it may not,
// "" when it may.
func (g *gate) enter(from netip.Addr) (refused string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.addresses[from]
	if v == nil {
		v = &visitor{rate: rate.NewLimiter(rate.Limit(g.limits.ConnectRate), int(g.limits.ConnectRate*connectBurst)+1)}
		g.addresses[from] = v
	}
	perAddress := g.limits.ConnectionsPerAddress
	switch {
	case !v.rate.Allow():
		return refusedRate
	case g.open >= g.limits.Connections, g.connecting >= g.limits.Connecting, perAddress > 0 && v.open >= perAddress:
		return refusedSockets
	}
	v.open++
	g.open++
	g.connecting++
	return ""
}

// connected says that a socket that came in is no longer about to connect.
func (g *gate) connected() {
	g.mu.Lock()
	g.connecting--
	g.mu.Unlock()
}

// leave takes a socket out; connecting says that it never got connected.
func (g *gate) leave(from netip.Addr, connecting bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if connecting {
		g.connecting--
	}
	g.addresses[from].open--
}

// sweep forgets addresses without a socket whose burst is whole again.
func (g *gate) sweep(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for a, v := range g.addresses {
		if v.open == 0 && v.rate.TokensAt(now) >= float64(v.rate.Burst()) {
			delete(g.addresses, a)
		}
	}
}
