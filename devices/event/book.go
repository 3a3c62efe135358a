package event

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Errors of a Book.
var (
	// ErrNotFound is returned for an event or window that is not there.
	ErrNotFound = errors.New("no such event or window")
	// ErrEnded is returned by Acknowledge and Close for a closed event.
	ErrEnded = errors.New("the event is closed already")
	// ErrNotYours is returned by Close for an event of presence, which closes
	// by itself when its devices speak again.
	ErrNotYours = errors.New("only an alarm is closed by hand; what concerns presence closes when its devices speak again")
	// ErrBadNote is returned by Acknowledge and Close for a note that is too long.
	ErrBadNote = fmt.Errorf("a note may have %d bytes of UTF-8", maxNote)
)

// Store keeps events and windows. What Append returned nil for is durable, and
// is delivered to whoever follows the store, in order.
type Store interface {
	Append(ctx context.Context, e Event) error
	Forget(ctx context.Context, id string) error
	Load(ctx context.Context, event func(Event), window func(Window)) error
	PutWindow(ctx context.Context, w Window) error
	DropWindow(ctx context.Context, id string) error
}

// BookOptions configure a Book.
type BookOptions struct {
	Store   Store                 // required
	History int                   // closed events kept; default 10,000
	Heard   func(Event)           // hears of every change, in order; must not block; nil: nobody
	Logger  *slog.Logger          // nil discards
	Metrics prometheus.Registerer // nil none
	Now     func() time.Time      // nil is time.Now
}

// Book is every open event, the closed ones of late, and the windows. It is
// safe for any number of callers.
type Book struct {
	o       BookOptions
	changes *prometheus.CounterVec

	mu      sync.Mutex
	events  map[string]*Event
	windows map[string]Window
	closed  int // of events
}

const defaultHistory = 10_000

// OpenBook reads what the store has.
func OpenBook(ctx context.Context, o BookOptions) (*Book, error) {
	if o.Store == nil {
		return nil, errors.New("event: a store is required")
	}
	o.History = cmp.Or(o.History, defaultHistory)
	if o.Heard == nil {
		o.Heard = func(Event) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Book{o: o, events: map[string]*Event{}, windows: map[string]Window{}}
	err := o.Store.Load(ctx, b.place, func(w Window) { b.windows[w.ID] = w })
	if err != nil {
		return nil, fmt.Errorf("read the events: %w", err)
	}
	b.measure()
	return b, nil
}

func (b *Book) measure() {
	with := promauto.With(b.o.Metrics)
	b.changes = with.NewCounterVec(prometheus.CounterOpts{
		Name: "rione_event_changes_total", Help: "Changes of events, by what changed.",
	}, []string{"step"})
	with.NewGaugeFunc(prometheus.GaugeOpts{Name: "rione_event_open", Help: "Events that are open."}, func() float64 {
		b.mu.Lock()
		defer b.mu.Unlock()
		return float64(len(b.events) - b.closed)
	})
}

// place puts an event in its place, whatever stood there.
func (b *Book) place(e Event) {
	if old := b.events[e.ID]; old != nil && old.Ended() {
		b.closed--
	}
	b.events[e.ID] = &e
	if e.Ended() {
		b.closed++
	}
}

// Put stores a change of an event. What was acknowledged stays so, and what is
// closed stays closed.
func (b *Book) Put(ctx context.Context, e Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old := b.events[e.ID]; old != nil {
		if old.Ended() {
			return nil
		}
		e.Ack = old.Ack
	}
	if e.Ack != nil && !e.Ended() {
		e.State = Acknowledged
	}
	return b.store(ctx, e)
}

// store appends e, tells of it, and forgets the oldest when there are too many.
func (b *Book) store(ctx context.Context, e Event) error {
	if err := b.o.Store.Append(ctx, e); err != nil {
		return fmt.Errorf("keep event %s: %w", e.ID, err)
	}
	b.place(e)
	b.changes.WithLabelValues(string(e.Step)).Inc()
	b.o.Heard(e)
	if b.closed > b.o.History {
		b.prune(ctx)
	}
	return nil
}

// prune forgets the closed events that are over the bound, and a twentieth
// more, so that this is rare.
func (b *Book) prune(ctx context.Context) {
	var ended []*Event
	for _, e := range b.events {
		if e.Ended() {
			ended = append(ended, e)
		}
	}
	slices.SortFunc(ended, func(a, b *Event) int { return cmp.Or(a.Closed.Compare(b.Closed), strings.Compare(a.ID, b.ID)) })
	for _, e := range ended[:len(ended)-b.o.History+b.o.History/20] {
		if err := b.o.Store.Forget(ctx, e.ID); err != nil {
			b.o.Logger.Warn("an old event could not be forgotten; the next one tries again", "event", e.ID, "error", err)
			return
		}
		delete(b.events, e.ID)
		b.closed--
	}
}

// Get returns one event.
func (b *Book) Get(id string) (Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.events[id]; e != nil {
		return *e, nil
	}
	return Event{}, ErrNotFound
}

// List returns the events that f chooses, those raised last first.
func (b *Book) List(f Filter) []Event {
	b.mu.Lock()
	var chosen []Event
	for _, e := range b.events {
		if f.Chooses(e) {
			chosen = append(chosen, *e)
		}
	}
	b.mu.Unlock()
	slices.SortFunc(chosen, newestFirst)
	return chosen
}

// Acknowledge notes that somebody has taken an event on.
func (b *Book) Acknowledge(ctx context.Context, id, who, note string) (Event, error) {
	return b.act(ctx, id, note, func(e *Event) error {
		e.State, e.Step = Acknowledged, Taken
		e.Ack = &Acknowledgement{Who: who, When: b.o.Now().UTC(), Note: note}
		return nil
	})
}

// Close ends an alarm by hand.
func (b *Book) Close(ctx context.Context, id, who, note string) (Event, error) {
	return b.act(ctx, id, note, func(e *Event) error {
		if e.Source == FromPresence {
			return ErrNotYours
		}
		e.State, e.Step, e.Closed = Closed, Withdrawn, b.o.Now().UTC()
		e.Ack = &Acknowledgement{Who: who, When: e.Closed, Note: note}
		e.Count, e.Devices = 0, nil
		return nil
	})
}

func (b *Book) act(ctx context.Context, id, note string, change func(*Event) error) (Event, error) {
	if len(note) > maxNote || !utf8.ValidString(note) {
		return Event{}, ErrBadNote
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.events[id]
	if old == nil {
		return Event{}, ErrNotFound
	}
	if old.Ended() {
		return *old, ErrEnded
	}
	e := *old
	if err := change(&e); err != nil {
		return e, err
	}
	e.Changed = b.o.Now().UTC()
	return e, b.store(ctx, e)
}

// Windows returns the maintenance windows, the first to begin first.
func (b *Book) Windows() []Window {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.SortedFunc(maps.Values(b.windows), func(a, b Window) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.ID, b.ID))
	})
}

// maxWindows bounds the windows; those that are over for a month are dropped.
const (
	maxWindows = 5000
	keepWindow = 30 * 24 * time.Hour
)

// AddWindow stores a window under a new id.
func (b *Book) AddWindow(ctx context.Context, w Window) (Window, error) {
	w.From, w.Until = w.From.UTC(), w.Until.UTC()
	if err := w.Validate(); err != nil {
		return w, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.o.Now()
	for id, old := range b.windows {
		if old.Until.Add(keepWindow).Before(now) {
			if err := b.drop(ctx, id); err != nil {
				return w, err
			}
		}
	}
	if len(b.windows) >= maxWindows {
		return w, fmt.Errorf("%w: there are %d already; remove some", ErrBadWindow, maxWindows)
	}
	w.ID = NewID("window", cmp.Or(w.Device, w.Comune, "group"), now)
	if err := b.o.Store.PutWindow(ctx, w); err != nil {
		return w, fmt.Errorf("keep the window: %w", err)
	}
	b.windows[w.ID] = w
	return w, nil
}

// RemoveWindow ends a window, or takes it back.
func (b *Book) RemoveWindow(ctx context.Context, id string) (Window, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w, known := b.windows[id]
	if !known {
		return w, ErrNotFound
	}
	return w, b.drop(ctx, id)
}

func (b *Book) drop(ctx context.Context, id string) error {
	if err := b.o.Store.DropWindow(ctx, id); err != nil {
		return fmt.Errorf("drop window %s: %w", id, err)
	}
	delete(b.windows, id)
	return nil
}
