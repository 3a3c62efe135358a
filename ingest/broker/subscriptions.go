package broker

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"rione/ingest/broker/topic"
)

// subscription is one session's interest in a filter.
type subscription struct {
	qos               byte
	noLocal           bool
	retainAsPublished bool
	id                uint32 // 0 is none
}

// subscriptions are those of all sessions, by filter.
type subscriptions struct {
	generation atomic.Uint64 // counts changes

	mu   sync.RWMutex
	tree topic.Tree[map[*session]subscription]
}

// add puts a subscription of ses in place of an earlier one to the same filter.
func (s *subscriptions) add(ses *session, filter string, sub subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.tree.Get(filter)
	if !ok {
		at = make(map[*session]subscription, 1)
		s.tree.Set(filter, at)
	}
	at[ses] = sub
	s.generation.Add(1)
}

// removeAll ends subscriptions of ses.
func (s *subscriptions) removeAll(ses *session, filters iter.Seq[string]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for filter := range filters {
		at, _ := s.tree.Get(filter)
		delete(at, ses)
		if len(at) == 0 {
			s.tree.Delete(filter)
		}
	}
	s.generation.Add(1)
}

// any tells whether somebody subscribes to a topic.
func (s *subscriptions) any(name string) (found bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.tree.Filters(name, func(map[*session]subscription) bool {
		found = true
		return false
	})
	return found
}

// match is a session that gets a message, once, however many of its
// subscriptions fit.
type match struct {
	session *session
	subscription
	ids []uint32
}

// match returns who gets a message on a topic.
func (s *subscriptions) match(name string, from *session) []match {
	var found []match
	s.mu.RLock()
	s.tree.Filters(name, func(at map[*session]subscription) bool {
		for ses, sub := range at {
			if !sub.noLocal || ses != from {
				found = append(found, newMatch(ses, sub))
			}
		}
		return true
	})
	s.mu.RUnlock()
	return merge(found)
}

func newMatch(ses *session, sub subscription) match {
	m := match{session: ses, subscription: sub}
	if sub.id != 0 {
		m.ids = []uint32{sub.id}
	}
	return m
}

// merge leaves one match a session, with the best QoS and all identifiers.
func merge(found []match) []match {
	if len(found) < 2 {
		return found
	}
	slices.SortFunc(found, func(a, b match) int { return cmp.Compare(a.session.number, b.session.number) })
	merged := found[:1]
	for _, m := range found[1:] {
		last := &merged[len(merged)-1]
		if last.session != m.session {
			merged = append(merged, m)
			continue
		}
		last.qos = max(last.qos, m.qos)
		last.retainAsPublished = last.retainAsPublished || m.retainAsPublished
		last.ids = append(last.ids, m.ids...)
	}
	return merged
}
