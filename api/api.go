// Package api is what rione answers over HTTP: the registry, readings, their
// latest values and a live feed of them, the quarantine and the ledger as an
// API described by OpenAPI 3.1, and the console, a web page over that API.
//
// It keeps no data of its own: devices come from the registry's snapshot,
// readings from the store, and the latest values are a cache rebuilt from it.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"rione/api/opendata"
	"rione/devices"
	"rione/geo"
	"rione/ingest/schema"
)

// Options configure a Server. Registry and Store are required.
type Options struct {
	Listen   string   // address, such as "127.0.0.1:8080"; port 0 takes a free one
	Registry Registry //
	Store    Store    //
	Bucket   string   // bucket or database of readings; default schema.BucketFixed
	Movers   string   // bucket or database of readings of moving things; "": none
	Latest   *Latest  // nil makes one of its own, which nobody feeds

	AdminToken string  // token with every right; "" means that nobody may write
	Tokens     []Token // further tokens with their roles
	Issued     Issued  // tokens that administrators hand out; nil: their routes answer 501
	Trail      Trail   // audit log; nil: its route answers 501

	Publications *opendata.Publications // open data; nil: neither it nor the standards are served
	Publisher    opendata.Holder        // of the catalogue; none: who holds most of what is in it
	PublicURL    string                 // that everybody reaches this server by, for the catalogue; "": as a request says

	Checks      []Check                   // what must be well for /status to say ready
	Gazetteer   devices.Gazetteer         // checks positions at registration; nil: devices cannot be imported
	Areas       func() []geo.Area         // outlines for the map; nil: none
	Locate      func(geo.Point) geo.Place // comune and zone of a point; nil: its route answers 501
	Quarantine  Quarantine                // nil: the quarantine's routes answer 501
	History     History                   // of single devices; nil: its route answers 501
	Claims      Claims                    // nil: its routes answer 501
	Reported    Reported                  // where devices say they are; nil: nothing is known of it
	Quota       Quota                     // nil: its routes answer 501
	Commands    Commands                  // nil: its routes answer 501
	Replays     Replays                   // nil: the replays' routes answer 501
	Events      Events                    // nil: their routes answer 501
	Routes      RouteTable                // nil: the routes' routes answer 501
	Facts       Facts                     // nil: its routes answer 501
	Initiatives []Initiative              // without values, which the store has
	Dashboards  string                    // address of Grafana, for people; "": none is connected
	Tails       Tails                     // nil: its route answers 501
	Unknown     func() []UnknownField     // what devices send and no measurement has; nil: its route answers 501
	Ingest      http.Handler              // HTTP door, mounted at /ingest/; nil: none
	MQTT        http.Handler              // MQTT over WebSocket, mounted at /mqtt; nil: none

	Rollups   func(context.Context) (RollupStatus, error) // nil: its route answers 501
	Retention schema.Retention                            // of the store, for the choice of a level

	RedoRollups func(context.Context, RollupOrder) (RollupOrdered, error) // may wrap ErrRollupRefused; nil: its route answers 501

	// Trespassed hears that a token of some comuni was refused a route; nil: nobody does.
	Trespassed func(who string, comuni []string, route string)

	PerMinute     int // requests of one client in a minute; default 3,000
	OpenPerMinute int // requests of one address in a minute at the public doors; default 600

	Metrics *prometheus.Registry // served at /metrics and added to; nil: none
	Version string               // of the product, for /status and the documentation
	Logger  *slog.Logger         // nil discards
	Now     func() time.Time     // clock; nil is time.Now
}

// Check is one thing that must be well before the server says it is ready. Run
// returns what is wrong, nil when nothing is; its context ends after a second,
// which it must heed.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
	Tell func() string // what is worth knowing when nothing is wrong; nil: nothing
}

// Errors of Options.
var (
	// ErrNoRegistry is returned by New without a Registry.
	ErrNoRegistry = errors.New("api: a registry is required")
	// ErrNoStore is returned by New without a Store.
	ErrNoStore = errors.New("api: a store is required")
)

// Validate tells what is wrong with the options.
func (o *Options) Validate() error {
	if o.Registry == nil {
		return ErrNoRegistry
	}
	if o.Store == nil {
		return ErrNoStore
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return fmt.Errorf("api: listen address: %w; give host:port", err)
	}
	return nil
}

// Server serves the API and the console.
type Server struct {
	o          Options
	log        *slog.Logger
	gate       *gate
	api        huma.API
	live       *hub
	told       *announcements
	open       *opendata.Service   // nil without publications
	everything *everything         // the operators' view for the standards
	heartbeat  time.Duration       // of streams: a sign of life, and a look whether the token is still good
	boot       string              // tells this run's event ids from another's
	lists      map[string]*listing // what operations list, by pattern
	exports    chan struct{}       // slots of exports
	tails      chan struct{}       // slots of tails
	limiter    *limiter
	glance     overviewCache
	mapped     mapped
	meters     *meters
	handler    http.Handler
	mux        *routeMux
	http       *http.Server
	ln         net.Listener
	stop       context.CancelFunc // ends the live feed
	closing    sync.Once
	running    sync.WaitGroup
}

// New makes a server; it does not listen yet.
func New(o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.setDefaults()
	s := &Server{o: o, log: o.Logger, gate: newGate(&o), boot: requestID(), heartbeat: liveHeartbeat, lists: make(map[string]*listing), exports: make(chan struct{}, maxExports), tails: make(chan struct{}, maxTails)}
	s.live, s.told = newHub(s), newAnnouncements()
	s.limiter = newLimiter(o.PerMinute, o.Now)
	s.meters = newMeters(o.Metrics, s)
	if err := s.route(); err != nil {
		return nil, err
	}
	return s, nil
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Bucket == "" {
		o.Bucket = schema.BucketFixed
	}
	if o.PerMinute <= 0 {
		o.PerMinute = defaultPerMinute
	}
	if o.OpenPerMinute <= 0 {
		o.OpenPerMinute = defaultOpenPerMinute
	}
	if o.Latest == nil {
		o.Latest = NewLatest(LatestOptions{})
	}
}

// Handler returns the whole API and console, for those who serve it themselves.
// The live feed runs between Start and Close only.
func (s *Server) Handler() http.Handler { return s.handler }

// Start listens and serves until Close, and fills the latest values from the
// store meanwhile. ctx bounds the start only.
func (s *Server) Start(ctx context.Context) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", s.o.Listen)
	if err != nil {
		return fmt.Errorf("api: %w; is another program listening there?", err)
	}
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.ln, s.stop = ln, stop
	s.http = &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    256 << 10, // a polygon in the address, percent-encoded
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.running.Go(func() { s.live.run(base) })
	s.running.Go(func() { s.remember(base) })
	s.running.Go(func() {
		if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the API stopped serving", "error", err)
		}
	})
	return nil
}

// Addr returns the address that the server listens on, nil before Start.
func (s *Server) Addr() net.Addr {
	if s.ln == nil {
		return nil
	}
	return s.ln.Addr()
}

// Close stops the server: live feeds end at once, other requests in progress
// have three seconds.
func (s *Server) Close() error {
	if s.ln == nil {
		return nil
	}
	var err error
	s.closing.Do(func() {
		s.live.close()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err = s.http.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
			err = s.http.Close() // who goes on, or holds a spare connection as browsers do, is cut off
		}
		s.stop()
		s.running.Wait()
	})
	return err
}
