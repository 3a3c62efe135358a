package opendata

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Keeper keeps publications.
type Keeper interface {
	// Put keeps a publication in place of the one of its id.
	Put(ctx context.Context, p Publication) error
	// Follow hands over every publication, and returns nil once it handed over
	// those that there are. Later ones, of any process, come until it closes.
	Follow(ctx context.Context, take func(Publication)) error
}

// ErrUnknown is returned for a publication that is not there.
var ErrUnknown = errors.New("there is no such data set")

// Publications are the data sets of the city, published or prepared. They are
// safe for any number of callers.
type Publications struct {
	keeper Keeper
	trail  Trail

	mu   sync.RWMutex
	byID map[string]Publication
}

// Open returns the publications of the keeper over those that are shipped, which
// are prepared and not published. The trail may be nil.
func Open(ctx context.Context, keeper Keeper, trail Trail) (*Publications, error) {
	shipped, err := Shipped()
	if err != nil {
		return nil, err
	}
	p := &Publications{keeper: keeper, trail: trail, byID: make(map[string]Publication)}
	for _, one := range shipped {
		p.byID[one.ID] = one
	}
	if err := keeper.Follow(ctx, p.take); err != nil {
		return nil, fmt.Errorf("open the publications: %w", err)
	}
	return p, nil
}

func (p *Publications) take(one Publication) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byID[one.ID] = one
}

// List returns every publication by id.
func (p *Publications) List() []Publication {
	p.mu.RLock()
	defer p.mu.RUnlock()
	list := make([]Publication, 0, len(p.byID))
	for _, one := range p.byID {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Publication) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// Published returns those that everybody may know of, by id.
func (p *Publications) Published() []Publication {
	return slices.DeleteFunc(p.List(), func(one Publication) bool { return !one.Published })
}

// Get returns a publication, ErrUnknown when there is none.
func (p *Publications) Get(id string) (Publication, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	one, ok := p.byID[id]
	if !ok {
		return one, fmt.Errorf("%w: %q", ErrUnknown, id)
	}
	return one, nil
}

// Put keeps a publication as it is given, new or changed, and tells the trail. A
// change that is kept but not in the trail is an error that says so.
func (p *Publications) Put(ctx context.Context, author string, one Publication, now time.Time) (Publication, error) {
	one.Author, one.Changed = author, now.UTC().Truncate(time.Second)
	if err := one.Validate(); err != nil {
		return one, err
	}
	before, _ := p.Get(one.ID) // empty: a new one
	if one.Issued = before.Issued; one.Published && one.Issued.IsZero() {
		one.Issued = one.Changed
	}
	if err := p.keeper.Put(ctx, one); err != nil {
		return one, err
	}
	p.take(one)
	if p.trail == nil {
		return one, nil
	}
	if err := p.trail.Note(ctx, changeOf(&before, &one)); err != nil {
		return one, fmt.Errorf("the data set %s is changed, but not in the audit log: %w", one.ID, err)
	}
	return one, nil
}

// SetPublished publishes a data set, or withdraws it.
func (p *Publications) SetPublished(ctx context.Context, author, id string, published bool, now time.Time) (Publication, error) {
	one, err := p.Get(id)
	if err != nil || one.Published == published {
		return one, err
	}
	one.Published = published
	return p.Put(ctx, author, one, now)
}

// terms are what single readings of a measurement in a comune leave under: the
// mildest of the publications that cover them.
type terms struct {
	delay time.Duration
	exact bool
}

// termsOf returns the terms of every comune where the measurement is published
// by single readings.
func (p *Publications) termsOf(measurement string) map[string]terms {
	out := make(map[string]terms)
	for _, one := range p.Published() {
		for _, comune := range one.Comuni {
			if !one.covers(measurement, comune) {
				continue
			}
			t, there := out[comune]
			if !there || one.delay() < t.delay {
				t.delay = one.delay()
			}
			t.exact = t.exact || one.Exact
			out[comune] = t
		}
	}
	return out
}
