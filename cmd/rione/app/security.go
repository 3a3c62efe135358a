package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rione/devices"
	"rione/devices/access"
	"rione/devices/event"
	"rione/ingest"
	"rione/ingest/broker"
	"rione/ingest/quarantine"
)

// security tells operators of tries to do what is not allowed, or more than is,
// each comune's as one event for as long as they go on: whoever tries a thousand
// times does not fill the book. Tries are counted at once, and told step by step.
type security struct {
	book     *event.Book
	registry func() *devices.Snapshot

	mu    sync.Mutex
	tries map[incident]*tries // since the last step

	totals map[incident]int // of open events
}

// incident is what tries are counted by.
type incident struct {
	kind   event.Type
	comune string
}

type tries struct {
	count int
	last  string // what the newest was
}

// quiet is how long there must be no further try until an event is over.
const quiet = 15 * time.Minute

func newSecurity(book *event.Book, registry func() *devices.Snapshot) *security {
	return &security{book: book, registry: registry, tries: map[incident]*tries{}, totals: map[incident]int{}}
}

// tried counts one try, by who is of a comune.
func (s *security) tried(kind event.Type, comune, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tries[incident{kind, comune}]
	if t == nil {
		t = &tries{}
		s.tries[incident{kind, comune}] = t
	}
	t.count, t.last = t.count+1, what
}

// refused counts a login that failed. A client id that nobody has is of no comune,
// and mostly a device that is not registered yet.
func (s *security) refused(clientID string) {
	if comune := s.comuneOf(clientID); comune != "" {
		s.tried(event.AccessRefused, comune, "credentials do not fit "+clientID)
	}
}

// comuneOf returns where a client is registered, "" for one that is not.
func (s *security) comuneOf(id string) string {
	if d := s.registry().Device(id); d != nil {
		return d.Current().Comune
	}
	return ""
}

// run tells of tries until ctx ends.
func (s *security) run(ctx context.Context, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			if err := s.step(ctx, now.UTC()); err != nil && ctx.Err() == nil {
				failed(err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// setAside hears of messages that were put into quarantine.
func (s *security) setAside(entries []quarantine.Entry) {
	for i := range entries {
		switch e := &entries[i]; e.Reason {
		case ingest.NotPermitted:
			s.tried(event.Isolation, e.Comune, e.Detail)
		case ingest.OverQuota:
			s.tried(event.OverQuota, e.Comune, e.Detail)
		}
	}
}

// step raises, updates and closes events.
func (s *security) step(ctx context.Context, now time.Time) error {
	open := s.open()
	for i, t := range s.take() {
		e, known := open[i]
		delete(open, i)
		if !known {
			s.totals[i] = 0
			e = event.Event{
				ID: event.NewID(i.kind, i.comune, now), Type: i.kind, Severity: severityOf(i.kind), State: event.Open,
				Source: event.FromPlatform, Comune: i.comune, Began: now, Raised: now,
			}
		}
		s.totals[i] += t.count
		e.Step, e.Changed, e.Text = stepOf(known), now, fmt.Sprintf("%s (tries: %d)", t.last, s.totals[i])
		if err := s.book.Put(ctx, e); err != nil {
			return err
		}
	}
	for _, e := range open {
		if now.Sub(e.Changed) < quiet {
			continue
		}
		e.State, e.Step, e.Changed, e.Closed = event.Closed, event.Cleared, now, now
		if err := s.book.Put(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// take returns the tries since it was called last.
func (s *security) take() map[incident]*tries {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.tries
	s.tries = map[incident]*tries{}
	return out
}

// open returns the events of security that go on.
func (s *security) open() map[incident]event.Event {
	out := map[incident]event.Event{}
	for _, kind := range []event.Type{event.AccessRefused, event.Isolation, event.OverQuota} {
		for _, e := range s.book.List(event.Filter{State: event.Open, Type: kind}) {
			if e.Source == event.FromPlatform { // a device may name its alarm so
				out[incident{kind, e.Comune}] = e
			}
		}
	}
	return out
}

func stepOf(known bool) event.Step {
	if known {
		return event.Updated
	}
	return event.Raised
}

func severityOf(kind event.Type) event.Severity {
	if kind == event.Isolation {
		return event.Fault
	}
	return event.Warning
}

// watchedGrant is a grant that tells what its holder tried in vain.
type watchedGrant struct {
	*access.Principal
	security *security
	comune   string
}

var _ broker.Grant = (*watchedGrant)(nil)

// MayPublish implements broker.Grant. The door asks once for each topic of a
// connection.
func (g *watchedGrant) MayPublish(topic string) bool {
	may := g.Principal.MayPublish(topic)
	if !may {
		g.security.tried(event.Isolation, g.comune, g.Identity()+" may not publish "+g.security.whose(topic))
	}
	return may
}

// whose tells of a topic only whose it is: what else stands in it nobody checked, and
// it may name a person's device.
func (s *security) whose(topic string) string {
	parts := strings.Split(topic, "/")
	if len(parts) == 6 && s.registry().Device(parts[4]) != nil {
		return "for " + parts[4]
	}
	return "on a topic that is not its own"
}

// trespassed hears from the API that a token of some comuni asked for what is not
// theirs.
func (s *security) trespassed(who string, comuni []string, route string) {
	comune := ""
	if len(comuni) > 0 {
		comune = slices.Min(comuni)
	}
	s.tried(event.Isolation, comune, "the token "+who+" may not "+route)
}

// setAside hears of messages that were put into quarantine, which is once doors
// and processing are open.
func (a *App) setAside(entries []quarantine.Entry) { a.watch.guard.setAside(entries) }

// overQuota hears from the doors of a message over a limit, which is once they
// are open.
func (a *App) overQuota(comune, what string) { a.watch.guard.tried(event.OverQuota, comune, what) }
