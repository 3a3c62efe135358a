package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Role is what somebody may do. Each role may do what those before it may.
type Role uint8

// The roles.
const (
	Public        Role = iota // no token at all
	Reader                    // reads devices, readings, the ledger
	Operator                  // also works on the quarantine and on single devices
	Administrator             // also imports devices and loads boundaries
)

// String names the role as the documentation does.
func (r Role) String() string {
	return [...]string{"public", "reader", "operator", "administrator"}[r]
}

// Token is a secret by which its bearer proves a role.
type Token struct {
	Name   string // who it was given to; shown in logs, the secret never is
	Secret string
	Role   Role
}

// access says who may use which route. A route that is not here is for
// administrators, so that a forgotten line closes a door instead of opening it.
var access = map[string]Role{
	"GET /{$}":          Public, // the console's static files hold no data
	"GET /assets/":      Public,
	"GET /docs":         Public,
	"GET /status":       Public,
	"GET /openapi.json": Public,
	"/ingest/":          Public, // the HTTP door has tokens of its own
	"/mqtt":             Public, // devices show their credentials in CONNECT

	"GET /metrics":              Reader,
	"GET /v1/overview":          Reader,
	"GET /v1/comuni":            Reader,
	"GET /v1/geo/areas":         Reader,
	"GET /v1/geo/locate":        Reader,
	"GET /v1/schema":            Reader,
	"GET /v1/devices":           Reader,
	"GET /v1/devices/{id}":      Reader,
	"GET /v1/readings":          Reader,
	"GET /v1/readings/export":   Reader,
	"GET /v1/readings/latest":   Reader,
	"GET /v1/ledger":            Reader,
	"GET /v1/live":              Reader,
	"GET /v1/quarantine":        Operator,
	"GET /v1/quarantine/groups": Operator,
	"GET /v1/quarantine/{id}":   Operator,

	"POST /v1/quarantine/replay":   Operator,
	"POST /v1/quarantine/drop":     Operator,
	"PATCH /v1/devices/{id}":       Operator,
	"DELETE /v1/devices/{id}":      Operator,
	"POST /v1/devices/approve":     Operator,
	"POST /v1/devices/{id}/rotate": Operator,

	"POST /v1/devices/import": Administrator,
	"POST /v1/geo/boundaries": Administrator,
	"GET /v1/tokens":          Administrator,
	"POST /v1/tokens":         Administrator,
	"DELETE /v1/tokens/{id}":  Administrator,
	"GET /v1/audit":           Administrator,
}

// ownMachine is the name of who reads on the machine itself, without a token.
const ownMachine = "local"

// gate decides by token and peer who somebody is.
type gate struct {
	loopback bool // the listener is bound to a loopback address
	tokens   []hashedToken
	issued   Issued // nil: none
}

type hashedToken struct {
	name string
	hash [sha256.Size]byte
	role Role
}

func newGate(o *Options) *gate {
	g := &gate{loopback: isLoopbackHost(hostOf(o.Listen)), issued: o.Issued}
	tokens := append([]Token{{Name: "admin", Secret: o.AdminToken, Role: Administrator}}, o.Tokens...)
	for _, t := range tokens {
		if t.Secret != "" {
			g.tokens = append(g.tokens, hashedToken{t.Name, sha256.Sum256([]byte(t.Secret)), t.Role})
		}
	}
	return g
}

// identify returns whose token the request bears. Every known token is
// compared, in constant time.
func (g *gate) identify(r *http.Request) (name string, role Role) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", Public
	}
	secret = strings.TrimSpace(secret)
	hash := sha256.Sum256([]byte(secret))
	for _, t := range g.tokens {
		if subtle.ConstantTimeCompare(hash[:], t.hash[:]) == 1 && t.role >= role {
			name, role = t.name, t.role
		}
	}
	if role > Public || g.issued == nil {
		return name, role
	}
	if t, err := g.issued.Check(secret); err == nil {
		return t.Name, roleOf(t)
	}
	return "", Public
}

// admit returns who the request is from, and 0 when that may use a route which
// needs the role, else the status to answer.
func (g *gate) admit(r *http.Request, need Role) (name string, status int) {
	if need == Public {
		return "", 0
	}
	name, has := g.identify(r)
	switch {
	case has >= need:
		return name, 0
	case r.Header.Get("Authorization") == "" && g.fromOwnMachine(r):
		return ownMachine, 0
	case has == Public:
		return "", http.StatusUnauthorized
	}
	return name, http.StatusForbidden
}

// fromOwnMachine tells whether the request only reads and comes from the machine
// that rione runs on, not through a proxy and not from a page of another site.
func (g *gate) fromOwnMachine(r *http.Request) bool {
	if !g.loopback || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		return false
	}
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// expectedHost tells whether the Host header names this server. A loopback
// listener answers only to names of the loopback, so that a web page cannot
// reach it through a name of its own that resolves to 127.0.0.1.
func (g *gate) expectedHost(r *http.Request) bool {
	return !g.loopback || isLoopbackHost(hostOf(r.Host))
}

func isLoopbackHost(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// hostOf returns the host of "host:port", "[v6]:port" or "host".
func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

type authorKey struct{}

func withAuthor(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, authorKey{}, name)
}

// author returns whose request it is, for the registry's history.
func author(ctx context.Context) string {
	name, _ := ctx.Value(authorKey{}).(string)
	return name
}
