package api

import (
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
	Installer                 // also registers, moves and replaces single devices
	Operator                  // also works on the quarantine and on single devices
	Administrator             // also imports devices and loads boundaries
)

// String names the role as the documentation does.
func (r Role) String() string {
	return [...]string{"public", "reader", "installer", "operator", "administrator"}[r]
}

// Token is a secret by which its bearer proves a role.
type Token struct {
	Name   string // who it was given to; shown in logs, the secret never is
	Secret string
	Role   Role
}

// access says who may use which route, and what a token for some comuni finds
// there. A route that is not here is for administrators of the whole city, so
// that a forgotten line closes a door instead of opening it.
var access = map[string]rule{
	"GET /{$}":            {Public, sameToAll}, // the console's static files hold no data
	"GET /assets/":        {Public, sameToAll},
	"GET /docs":           {Public, sameToAll},
	"GET /status":         {Public, sameToAll},
	"GET /openapi.json":   {Public, sameToAll},
	"GET /opendata":       {Public, sameToAll}, // published data; a token shows its bearer more, see audience
	"GET /opendata/":      {Public, sameToAll},
	"GET /catalog":        {Public, sameToAll},
	"GET /catalog.ttl":    {Public, sameToAll},
	"GET /catalog.jsonld": {Public, sameToAll},
	"GET /catalog.rdf":    {Public, sameToAll},
	"GET /ogc":            {Public, sameToAll},
	"GET /ogc/":           {Public, sameToAll},
	"GET /sta/v1.1":       {Public, sameToAll},
	"GET /sta/v1.1/":      {Public, sameToAll},

	"/ingest/": {Public, sameToAll}, // the HTTP door has tokens of its own
	openWISP:   {Public, sameToAll}, // likewise
	"/mqtt":    {Public, sameToAll}, // devices show their credentials in CONNECT

	"GET /v1/publications":                {Reader, ownComuni},
	"PUT /v1/publications/{id}":           {Administrator, ownComuni},
	"POST /v1/publications/{id}/publish":  {Administrator, ownComuni},
	"POST /v1/publications/{id}/withdraw": {Administrator, ownComuni},

	"GET /metrics":              {Reader, wholeCity},
	"GET /v1/overview":          {Reader, ownComuni},
	"GET /v1/comuni":            {Reader, ownComuni},
	"GET /v1/geo/areas":         {Reader, sameToAll},
	"GET /v1/geo/locate":        {Reader, sameToAll},
	"POST /v1/geo/locate":       {Reader, sameToAll}, // of many points; it changes nothing
	"GET /v1/schema":            {Reader, sameToAll},
	"GET /v1/devices":           {Reader, ownComuni},
	"GET /v1/devices/{id}":      {Reader, ownComuni},
	"GET /v1/readings":          {Reader, ownComuni},
	"GET /v1/readings/export":   {Reader, ownComuni},
	"GET /v1/readings/latest":   {Reader, ownComuni},
	"GET /v1/ledger":            {Reader, ownComuni},
	"GET /v1/rollups":           {Reader, sameToAll},
	"POST /v1/rollups/redo":     {Operator, wholeCity},
	"GET /v1/facts":             {Reader, wholeCity},
	"GET /v1/initiatives":       {Reader, wholeCity},
	"GET /v1/initiatives/{id}":  {Reader, wholeCity},
	"POST /v1/facts":            {Operator, wholeCity},
	"DELETE /v1/facts":          {Operator, wholeCity},
	"GET /v1/live":              {Reader, ownComuni},
	"GET /v1/routes":            {Operator, sameToAll},
	"GET /v1/routes/test":       {Operator, sameToAll},
	"GET /v1/quarantine":        {Operator, ownComuni},
	"GET /v1/quarantine/groups": {Operator, ownComuni},
	"GET /v1/quarantine/{id}":   {Operator, ownComuni},

	"POST /v1/quarantine/replay":   {Operator, ownComuni},
	"POST /v1/quarantine/drop":     {Operator, ownComuni},
	"PATCH /v1/devices/{id}":       {Operator, ownComuni},
	"DELETE /v1/devices/{id}":      {Operator, ownComuni},
	"POST /v1/devices/approve":     {Operator, ownComuni},
	"POST /v1/devices/{id}/rotate": {Operator, ownComuni},
	applyPositionPattern:           {Operator, ownComuni},
	"GET /v1/devices/{id}/history": {Operator, ownComuni},
	"GET /v1/groups":               {Reader, ownComuni},

	"POST /v1/devices":              {Installer, ownComuni},
	"POST /v1/devices/{id}/move":    {Installer, ownComuni},
	"POST /v1/devices/{id}/replace": {Installer, ownComuni},

	"POST /v1/devices/{id}/calibrations": {Operator, ownComuni},
	"POST /v1/devices/{id}/invalid":      {Operator, ownComuni},
	"DELETE /v1/devices/{id}/invalid":    {Operator, ownComuni},

	tailPattern:               {Operator, wholeCity}, // raw messages, of whoever their publisher speaks for
	"GET /v1/unknown-fields":  {Operator, wholeCity},
	"GET /v1/replays":         {Operator, wholeCity},
	"GET /v1/replays/{id}":    {Operator, wholeCity},
	"POST /v1/replays":        {Operator, wholeCity},
	"DELETE /v1/replays/{id}": {Operator, wholeCity},

	"GET /v1/devices/{id}/commands":  {Operator, ownComuni},
	"POST /v1/devices/{id}/commands": {Operator, ownComuni},

	"GET /claim":             {Public, sameToAll},
	"POST /v1/claim":         {Public, sameToAll}, // the code is the credential
	"GET /v1/claims":         {Operator, ownComuni},
	"POST /v1/claims":        {Operator, ownComuni},
	"DELETE /v1/claims/{id}": {Operator, ownComuni},

	"GET /v1/quota":           {Operator, ownComuni},
	"GET /v1/quota/{subject}": {Operator, ownComuni},
	"PUT /v1/quota/{subject}": {Administrator, wholeCity},

	"GET /v1/events":                   {Reader, ownComuni},
	"GET /v1/events/{id}":              {Reader, ownComuni},
	"POST /v1/events/{id}/acknowledge": {Operator, ownComuni},
	"GET /v1/maintenance":              {Reader, ownComuni},
	"POST /v1/maintenance":             {Operator, ownComuni},
	"DELETE /v1/maintenance/{id}":      {Operator, ownComuni},

	importPattern:             {Administrator, ownComuni},
	deviceExportPattern:       {Administrator, ownComuni}, // it shows where homes are, and external identities
	"GET /v1/tokens":          {Administrator, ownComuni},
	"POST /v1/tokens":         {Administrator, ownComuni},
	"DELETE /v1/tokens/{id}":  {Administrator, ownComuni},
	"POST /v1/geo/boundaries": {Administrator, wholeCity},
	"GET /v1/geo/boundaries":  {Reader, sameToAll},
	"GET /v1/audit":           {Administrator, wholeCity},

	"DELETE /v1/geo/boundaries/{name}": {Administrator, wholeCity},

	"PUT /v1/routes/{name}":    {Administrator, wholeCity},
	"DELETE /v1/routes/{name}": {Administrator, wholeCity},
}

// openWISP is the path that OpenWISP's agents post to: they need only a new
// address.
const openWISP = "/api/v1/monitoring/device/"

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

// identify returns whose token the request bears, false when it bears none that
// is good. Every known token is compared, in constant time.
func (g *gate) identify(r *http.Request) (c caller, good bool) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return c, false
	}
	secret = strings.TrimSpace(secret)
	hash := sha256.Sum256([]byte(secret))
	for _, t := range g.tokens {
		if subtle.ConstantTimeCompare(hash[:], t.hash[:]) == 1 && t.role >= c.role {
			c, good = caller{name: t.name, role: t.role}, true
		}
	}
	if good || g.issued == nil {
		return c, good
	}
	t, err := g.issued.Check(secret)
	return caller{t.Name, roleOf(t.Role), scope{t.Comuni}}, err == nil
}

// admit returns who the request is from, and 0 when that may use a route of the
// rule, else the status to answer.
func (g *gate) admit(r *http.Request, need rule) (c caller, status int) {
	if need.role == Public {
		return caller{}, 0
	}
	c, good := g.identify(r)
	switch {
	case good && c.role >= need.role && (need.reach != wholeCity || c.scope.all()):
		return c, 0
	case good:
		return c, http.StatusForbidden
	case r.Header.Get("Authorization") == "" && g.fromOwnMachine(r):
		return caller{name: ownMachine, role: need.role}, 0
	}
	return caller{}, http.StatusUnauthorized
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
