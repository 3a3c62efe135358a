// Package downlink carries operators' commands to devices, by the door and the
// network that each device came by, and follows what becomes of them: queued,
// sent, acknowledged or expired. See DESIGN.md.
package downlink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"rione/devices"
	"rione/ingest"
)

// State is how far a command came.
type State string

// The states of a command.
const (
	Queued       State = "queued"       // waits for the device, or for the network that carries it
	Sent         State = "sent"         // given to the device's client or network
	Acknowledged State = "acknowledged" // the device, or its client, said that it has it
	Expired      State = "expired"      // nobody said so in time
)

// Command is one command and what became of it.
type Command struct {
	ID      string          `json:"id"` // UUID
	Device  string          `json:"device_id"`
	Name    string          `json:"name"`
	Args    json.RawMessage `json:"args,omitempty"`
	Author  string          `json:"author"`
	State   State           `json:"state"`
	Detail  string          `json:"detail,omitempty"` // for people: what it waits for, what the device answered
	Topic   string          `json:"topic,omitempty"`  // that it was sent on
	Created time.Time       `json:"created"`
	Expires time.Time       `json:"expires"`
	Changed time.Time       `json:"changed"` // when the state became what it is
}

// open reports whether there may be more to come.
func (c *Command) open() bool { return c.State == Queued || c.State == Sent }

// Errors of Send.
var (
	// ErrBadCommand is returned for a command that cannot be sent as it is.
	ErrBadCommand = errors.New("the command cannot be sent so")
	// ErrTooMany is returned while too many commands wait.
	ErrTooMany = errors.New("too many commands wait")
)

// Limits of commands.
const (
	maxArgs       = 64 << 10 // bytes
	maxOpen       = 10_000
	maxOpenDevice = 20
	maxLife       = 30 * 24 * time.Hour
	defaultLife   = time.Hour
	kept          = 30 * 24 * time.Hour // how long a command can be looked up, from its creation or its end
)

// Registry is what the desk asks of the registry.
type Registry interface {
	Snapshot() *devices.Snapshot
}

// Options of a Desk. Registry and Doors are required.
type Options struct {
	Registry Registry
	Doors    ingest.Commander
	Replicas int                   // of the bucket, where it is yet to be created; 0 means 1
	Logger   *slog.Logger          // nil discards
	Metrics  prometheus.Registerer // nil none
	Now      func() time.Time      // clock; nil is time.Now
}

// Validate returns an error that names what is wrong with o.
func (o *Options) Validate() error {
	if o.Registry == nil || o.Doors == nil {
		return errors.New("downlink: Registry and Doors are required")
	}
	return nil
}

// Desk takes commands and follows them. It is safe for any number of callers.
type Desk struct {
	o      Options
	bucket jetstream.KeyValue
	ways   ways
	ended  *prometheus.CounterVec

	wake  chan struct{}     // of one: a command may be delivered now
	news  chan confirmation // of acknowledgements
	life  context.Context   // ends with Close
	stop  context.CancelFunc
	loops sync.WaitGroup

	mu       sync.Mutex
	commands map[string]held
	waiting  map[string]int // open commands, by device
}

// held is a command and its revision in the bucket.
type held struct {
	Command
	revision uint64
}

// Open opens the commands in js, creating their bucket if needed, and begins to
// deliver them.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Desk, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Desk{
		o: o, wake: make(chan struct{}, 1), news: make(chan confirmation, 1024),
		commands: make(map[string]held), waiting: make(map[string]int),
		ended: promauto.With(o.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "rione_downlink_commands_total", Help: "Commands to devices, by the state that they came to.",
		}, []string{"state"}),
	}
	var err error
	if d.bucket, err = openBucket(ctx, js, max(1, o.Replicas)); err != nil {
		return nil, err
	}
	d.life, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	watcher, err := d.follow(ctx)
	if err != nil {
		d.stop()
		return nil, err
	}
	d.loops.Go(func() { d.goOn(watcher) })
	d.loops.Go(d.deliver)
	return d, nil
}

// Close ends deliveries and waits for what is under way. It is idempotent.
func (d *Desk) Close() error {
	d.stop()
	d.loops.Wait()
	return nil
}

// nameShape is what a command may be called: it stands in topics of Tasmota.
var nameShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Send takes a command for a device and returns it with its id. It is kept
// before Send returns, and delivered as soon as the device can be reached. life
// is how long it is good; 0 means an hour.
func (d *Desk) Send(ctx context.Context, author, device, name string, args json.RawMessage, life time.Duration) (Command, error) {
	to := d.o.Registry.Snapshot().Device(device)
	if life == 0 {
		life = defaultLife
	}
	switch {
	case to == nil || to.State() != devices.Approved:
		return Command{}, fmt.Errorf("%w: device %q is not in service", ErrBadCommand, device)
	case !nameShape.MatchString(name):
		return Command{}, fmt.Errorf("%w: the name must be up to 64 letters, digits, _ and -", ErrBadCommand)
	case len(args) > maxArgs || len(args) > 0 && !json.Valid(args):
		return Command{}, fmt.Errorf("%w: its arguments must be JSON of at most %d bytes", ErrBadCommand, maxArgs)
	case life < time.Second || life > maxLife:
		return Command{}, fmt.Errorf("%w: it must be good for one second to %v", ErrBadCommand, maxLife)
	}
	now := d.o.Now().UTC()
	c := Command{
		ID: newID(), Device: device, Name: name, Args: args, Author: author, State: Queued,
		Created: now, Expires: now.Add(life), Changed: now,
	}
	if w, known := d.ways.of(to); known {
		if _, err := w.message(&c, to); err != nil {
			return Command{}, fmt.Errorf("%w: %w", ErrBadCommand, err)
		}
	}
	if err := d.room(device); err != nil {
		return Command{}, err
	}
	if err := d.put(ctx, held{Command: c}); err != nil {
		return Command{}, err
	}
	d.rouse()
	return c, nil
}

// room returns ErrTooMany when no more commands may wait.
func (d *Desk) room(device string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := 0
	for _, n := range d.waiting {
		all += n
	}
	switch {
	case d.waiting[device] >= maxOpenDevice:
		return fmt.Errorf("%w for device %s: %d; let them expire, or wait", ErrTooMany, device, maxOpenDevice)
	case all >= maxOpen:
		return fmt.Errorf("%w: %d", ErrTooMany, maxOpen)
	}
	return nil
}

// Get returns the command of that id, false when there is none.
func (d *Desk) Get(id string) (Command, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h, there := d.commands[id]
	return h.Command, there
}

// Heard is told of every message that was processed, and of the device that it
// is of, nil when none is known. It learns by which way the device can be
// reached, and whether the message answers a command. It does not block and
// keeps nothing of m.
func (d *Desk) Heard(device *devices.Device, m *ingest.Message) {
	if device != nil && d.ways.learn(device.ID, m) && d.waits(device.ID) {
		d.rouse()
	}
	if c, is := answerOf(m); is && (device == nil || d.isOf(c.id, device.ID)) {
		d.confirm(c)
	}
}

func (d *Desk) waits(device string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.waiting[device] > 0
}

func (d *Desk) isOf(id, device string) bool {
	c, there := d.Get(id)
	return there && c.Device == device
}

// confirm hands an acknowledgement to the loop. One too many is let go: its
// command will say that it expired.
func (d *Desk) confirm(c confirmation) {
	select {
	case d.news <- c:
	default:
		d.o.Logger.Warn("an acknowledgement of a command was let go, since too many came at once", "command", c.id)
	}
}

func (d *Desk) rouse() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
