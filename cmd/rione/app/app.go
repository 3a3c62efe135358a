// Package app is rione as one process: it wires the rooms together, starts them
// in order and stops them in reverse.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"rione/api"
	"rione/api/opendata"
	"rione/cmd/rione/config"
	"rione/dashboards"
	"rione/devices/access"
	"rione/devices/changelog"
	"rione/devices/quota"
	"rione/devices/quota/keep"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/broker"
	"rione/ingest/broker/retain"
	"rione/ingest/decode"
	"rione/ingest/downlink"
	"rione/ingest/indicator"
	"rione/ingest/intake"
	"rione/ingest/journal"
	"rione/ingest/mqtt"
	"rione/ingest/park"
	"rione/ingest/quarantine"
	"rione/ingest/routes"
	"rione/ingest/webhook"
)

// Options of an App beside its configuration.
type Options struct {
	Config    config.Config
	Version   string
	Schematic []geo.Area // zones for comuni that have none of their own
	Progress  io.Writer  // hears what takes long
	Logger    *slog.Logger
}

// App is a running rione.
type App struct {
	opt     Options
	log     *slog.Logger
	life    lifecycle
	ctx     context.Context // of the goroutines in the background
	cancel  context.CancelFunc
	workers sync.WaitGroup
	metrics *prometheus.Registry
	explained

	folder       *Folder
	tls          *tls.Config // of the MQTT door, nil without TLS
	adminToken   string
	connect      func(name string) (*nats.Conn, error)
	engine       *journal.Engine // nil with an external NATS
	registry     *changelog.Log
	audited      *auditedRegistry
	tokens       *access.Tokens
	desk         *downlink.Desk
	claims       *access.Claims
	quota        *quota.Quota
	limits       *keep.Store
	policy       *access.Policy
	places       *Places
	quarantine   *quarantine.Quarantine
	publications *opendata.Publications
	journal      *journal.Journal
	routes       *routes.Table
	doors        routed // that follow it
	stores       stores
	parked       *park.Stream
	latest       *api.Latest
	watch        *watch
	rollups      rollups
	facts        *indicator.Book
	initiatives  []dashboards.Initiative
	processors   atomic.Int32 // that run
	intake       *intake.Intake
	entry        ingest.Intake // where doors submit
	formats      decode.Options
	outlets      *outlets // where commands leave
	door         *broker.Server
	outer        []*mqtt.Door
	webhook      *webhook.Door
	api          *api.Server
}

// Start starts everything and returns when devices may publish.
func Start(ctx context.Context, o Options) (*App, error) {
	return start(ctx, o,
		(*App).loadInitiatives, (*App).readCertificates, (*App).startFolder, (*App).lookAhead, (*App).startFormats, (*App).startEngine, (*App).startRegistry, (*App).startAccess, (*App).startPublications, (*App).startLimits, (*App).startQuarantine, (*App).startJournal,
		(*App).startStore, (*App).startIntake, (*App).startCommands, (*App).startPresence, (*App).startRollups, (*App).startProcessing, (*App).startDoors, (*App).startAPI, (*App).startWatch, (*App).publish)
}

// publish comes last: who finds the addresses may use them.
func (a *App) publish(context.Context) error { return a.folder.publish(a.Addresses()) }

// start carries out the steps. When one fails, those before it are undone.
func start(ctx context.Context, o Options, steps ...func(*App, context.Context) error) (*App, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &App{opt: o, log: o.Logger, metrics: prometheus.NewRegistry(), outlets: newOutlets()}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.ctx, a.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, step := range steps {
		if err := step(a, ctx); err != nil {
			a.cancel()
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// Close stops everything in reverse order within five seconds. It is
// idempotent.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	return a.life.close(ctx)
}

// Addresses returns where this process listens.
func (a *App) Addresses() Addresses {
	return Addresses{PID: pid(), MQTT: a.door.Addr().String(), HTTP: a.api.Addr().String(), Influx: a.stores[0].url}
}

func (a *App) startFolder(context.Context) error {
	f, err := Hold(a.opt.Config.DataDir)
	if err != nil {
		return err
	}
	a.folder = f
	a.life.push("data folder", func(context.Context) error { return f.Close() })
	if a.adminToken = a.opt.Config.AdminToken; a.adminToken == "" {
		a.adminToken, err = f.adminToken()
	}
	return err
}

// otherStreams is the room for what stands beside the journal and what has a
// limit of its own: registry, checkpoints. It is a limit, not a reservation on the disk.
const otherStreams = 8 << 30

func (a *App) startEngine(ctx context.Context) error {
	c := &a.opt.Config
	if c.NATSURL != "" {
		a.connect = func(name string) (*nats.Conn, error) { return journal.Dial(c.NATSURL, name) }
		return nil
	}
	if !c.JournalSync {
		a.log.Warn("RIONE_JOURNAL_SYNC=false: messages are acknowledged before they are synced to disk; a power cut loses the newest")
	}
	e, err := journal.StartEngine(ctx, journal.EngineOptions{
		Dir: a.folder.Path("nats"), NoSync: !c.JournalSync, MaxStore: c.JournalMaxBytes + c.InfluxParkedMaxBytes + c.QuarantineMaxBytes + otherStreams, Logger: a.log,
	})
	if err != nil {
		return err
	}
	a.engine, a.connect = e, e.Connect
	a.life.push("journal engine", func(context.Context) error { e.Close(); return nil })
	return nil
}

// stream connects to the engine under a name of its own.
func (a *App) stream(name string) (*nats.Conn, jetstream.JetStream, error) {
	nc, err := a.connect("rione " + name)
	if err != nil {
		return nil, nil, err
	}
	a.life.push(name+" connection", func(context.Context) error { nc.Close(); return nil })
	js, err := jetstream.New(nc)
	return nc, js, err
}

func (a *App) startRegistry(ctx context.Context) error {
	_, js, err := a.stream("registry")
	if err != nil {
		return err
	}
	if a.registry, err = changelog.Open(ctx, js, changelog.Options{Logger: a.log, Metrics: a.metrics}); err != nil {
		return err
	}
	a.life.push("registry", func(context.Context) error { return a.registry.Close() })
	a.life.push("background work", a.stopWork)
	a.places = newPlaces(a.opt.Schematic, a.log)
	if err := a.places.load(ctx, a.registry); err != nil {
		return err
	}
	a.work("boundaries", func(ctx context.Context) error { return a.places.follow(ctx, a.registry) })
	return nil
}

func (a *App) startQuarantine(ctx context.Context) error {
	nc, _, err := a.stream("quarantine")
	if err != nil {
		return err
	}
	o := a.opt.Config.Quarantine()
	o.Logger, o.Metrics, o.Heard = a.log, a.metrics, a.setAside
	a.quarantine, err = quarantine.Open(ctx, nc, o)
	return err
}

func (a *App) startJournal(ctx context.Context) error {
	_, js, err := a.stream("journal")
	if err != nil {
		return err
	}
	c := &a.opt.Config
	a.journal, err = journal.Open(ctx, js, journal.Options{MaxBytes: c.JournalMaxBytes, ReplayWindow: c.JournalReplayWindow, Logger: a.log, Metrics: a.metrics})
	if err != nil {
		return err
	}
	a.work("janitor", func(ctx context.Context) error { a.journal.Janitor(ctx, time.Minute); return nil })
	return nil
}

// The pace of commits and writes is what a message costs at low rates: each
// cycle has a price of its own. The first two bound the ack's delay, all three
// together publish to queryable, at about 50 ms; a lone message waits for none.
const (
	commitWindow = 40 * time.Millisecond
	commitQuiet  = 10 * time.Millisecond
	writePace    = 15 * time.Millisecond
)

func (a *App) startIntake(ctx context.Context) error {
	in, err := intake.New(intake.Options{Window: commitWindow, Quiet: commitQuiet, Journal: a.journal, Logger: a.log, Metrics: a.metrics})
	if err != nil {
		return err
	}
	a.intake = in
	a.entry = counted{a.scrubbing(), a.quota, a.registry, a.overQuota}
	return a.openRoutes(ctx)
}

func (a *App) startAPI(ctx context.Context) error {
	var err error
	a.webhook, err = webhook.New(webhook.Options{Intake: a.entry, AdminToken: a.adminToken, Tokens: pushers{a.tokens}, Formats: a.formatNames(), Routes: a.routes, Devices: keyed{a}, Logger: a.log, Metrics: a.metrics})
	if err != nil {
		return err
	}
	a.api, err = api.New(api.Options{
		Listen: a.opt.Config.HTTPListen, PerMinute: a.opt.Config.HTTPRate, OpenPerMinute: a.opt.Config.OpenRate, Registry: a.audited, Store: a.stores, Latest: a.latest, Bucket: a.opt.Config.InfluxBucket, Movers: a.opt.Config.InfluxBucket + moversSuffix,
		AdminToken: a.adminToken, Issued: a.tokens, Trail: a.audited.audited.Trail, Publications: a.publications, Publisher: a.opt.Config.CatalogPublisher(), PublicURL: a.opt.Config.PublicURL, Checks: a.checks(), Gazetteer: a.places, Areas: a.places.areas, Locate: a.places.Locate,
		Facts: a.factBook(), Initiatives: initiativesOf(a.initiatives), Trespassed: a.watch.guard.trespassed, Dashboards: shownAddress(a.opt.Config.GrafanaURL), Rollups: a.rollups.status, RedoRollups: a.redoRollups, Retention: a.opt.Config.ShortestRetention(),
		Events:     operators{a.watch.book, a.audited.audited.Trail},
		Quarantine: refused{a.quarantine, a.entry}, Quota: limits{a.quota, a.limits, a.audited.audited.Trail}, Commands: commands{a.desk, a.audited.audited.Trail}, Ingest: a.webhook, MQTT: a.door.WebSocketHandler(), Metrics: a.metrics, Version: a.opt.Version, Logger: a.log,
		Reported: a.reported,
		Replays:  replaysFor{a}, Tails: tails{a}, Unknown: a.unknownFields, Routes: table{a.routes},
		Claims: a.claims, History: a.registry.History,
	})
	if err != nil {
		return err
	}
	if err := a.api.Start(ctx); err != nil {
		return fmt.Errorf("%w; RIONE_HTTP_LISTEN sets the address", err)
	}
	a.life.push("API", func(context.Context) error { return a.api.Close() })
	if a.opt.Config.GrafanaURL != "" {
		a.work("dashboards", a.keepDashboards)
	}
	return nil
}

// startDoors lets devices in.
func (a *App) startDoors(ctx context.Context) error {
	// The intake stops after the doors, then the processors drain the journal,
	// and then they stop.
	a.life.push("processing", a.stopWork)
	a.life.push("journal", a.drain)
	a.life.push("intake", func(ctx context.Context) error { a.intake.Close(ctx); return nil })
	if err := a.startBroker(ctx); err != nil {
		return err
	}
	return a.startExternal(ctx)
}

// retainedBytes bounds the retained messages, which are states and births.
const retainedBytes = 256 << 20

func (a *App) startBroker(ctx context.Context) error {
	c := &a.opt.Config
	_, js, err := a.stream("retained messages")
	if err != nil {
		return err
	}
	retained, err := retain.Open(ctx, js, 1, retainedBytes)
	if err != nil {
		return err
	}
	a.door, err = broker.New(broker.Options{
		Retained: retained, Listen: c.MQTTListen, TLSListen: c.MQTTTLSListen, TLS: a.tls,
		Intake: a.entry, Routes: a.routes, Logger: a.log, Metrics: a.metrics,
		Access: &entrance{a.policy, &a.watch.observers, a.watch.guard}, Attendance: a.watch.heard,
	})
	if err != nil {
		return err
	}
	if err := a.door.Start(ctx); err != nil {
		return fmt.Errorf("%w; RIONE_MQTT_LISTEN sets the address", err)
	}
	a.outlets.add(broker.Door, a.door)
	a.doors.add(a.door)
	a.life.push("MQTT door", func(context.Context) error { return a.door.Close() })
	a.work("grants", a.disconnectChanged)
	return nil
}

// stopWork ends what runs in the background and waits for it.
func (a *App) stopWork(context.Context) error {
	a.cancel()
	a.workers.Wait()
	return nil
}

// work runs f in the background until the app closes, and logs its error.
func (a *App) work(name string, f func(ctx context.Context) error) {
	a.workers.Go(func() {
		if err := f(a.ctx); err != nil && a.ctx.Err() == nil {
			a.log.Error("background work ended", "work", name, "error", err)
		}
	})
}
