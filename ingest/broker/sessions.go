package broker

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"rione/ingest/broker/packet"
)

// sessionKey names a session. The identity is part of it, so that whoever
// connects with somebody else's client id gets a session of its own.
type sessionKey struct{ identity, clientID string }

// session is what is kept of a client between its connections.
type session struct {
	key    sessionKey
	number uint64 // orders sessions, for nothing but to find duplicates
	conn   atomic.Pointer[conn]

	// Guarded by sessions.mu.
	expiry  time.Duration
	ends    time.Time  // when it is forgotten, once its client is gone
	unacked []delivery // to be sent again when the client comes back
	will    *will      // to be published at willDue unless the client comes back
	willDue time.Time

	mu       sync.Mutex
	over     bool // it is forgotten; set under both locks
	subs     map[string]subscription
	receipts map[uint16]receipt // publishes at QoS 2, until PUBREL
}

// sessions are all sessions of the server.
type sessions struct {
	limits  *Limits
	subs    *subscriptions
	metrics *metrics

	mu     sync.Mutex
	number uint64
	byKey  map[sessionKey]*session
	absent map[*session]struct{} // those whose client is gone
}

func newSessions(l *Limits, subs *subscriptions, m *metrics) *sessions {
	return &sessions{
		limits: l, subs: subs, metrics: m,
		byKey: map[sessionKey]*session{}, absent: map[*session]struct{}{},
	}
}

// attachment is what came of a client's claim to its session.
type attachment struct {
	holder  *conn // has the session now; nothing was done
	resumed bool
	unacked []delivery
	will    *will // of a session that was given up
}

// attach makes c the connection of its session, unless another holds it.
func (s *sessions) attach(c *conn, clientID string, clean bool, expiry time.Duration) (a attachment, err error) {
	key := sessionKey{c.identity, clientID}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byKey[key]
	if old == nil && len(s.byKey) >= s.limits.Sessions {
		return a, &packet.Error{Code: packet.QuotaExceeded, Detail: "there are too many sessions"}
	}
	if old != nil {
		if a.holder = old.conn.Load(); a.holder != nil {
			return a, nil
		}
	}
	if old != nil && !clean {
		a.resumed, a.unacked = true, old.unacked
		old.unacked, old.will = nil, nil
		delete(s.absent, old)
		c.session = old
	} else {
		if old != nil {
			a.will = old.will
			s.remove(old)
		}
		s.number++
		c.session = &session{key: key, number: s.number}
		s.byKey[key] = c.session
		s.metrics.sessions.Set(float64(len(s.byKey)))
	}
	c.session.expiry = expiry
	c.session.conn.Store(c)
	return a, nil
}

// claim attaches c to its session. Who holds it must leave first: else a client
// that comes again and again, while the intake is full and its publishes wait,
// would leave a waiting connection behind each time.
func (c *conn) claim(clientID string, clean bool, expiry time.Duration, until time.Time) (attachment, error) {
	for {
		a, err := c.server.sessions.attach(c, clientID, clean, expiry)
		if err != nil || a.holder == nil {
			return a, err
		}
		if err := c.evict(a.holder, until); err != nil {
			return a, err
		}
	}
}

// evict ends the connection that holds the session and waits until it is gone.
func (c *conn) evict(holder *conn, until time.Time) error {
	const patience = time.Second // for a goodbye to be read
	holder.log().Info("session taken over by a newer connection of the same client")
	holder.out.finish(packet.SessionTakenOver, "")
	hangUp := time.AfterFunc(patience, holder.out.stop)
	defer hangUp.Stop()
	select {
	case <-holder.left:
		return nil
	case <-c.server.ctx.Done():
		return errClosing
	case <-time.After(time.Until(until)):
		return &packet.Error{Code: packet.ServerBusy, Detail: "messages of the earlier connection still wait to be stored"}
	}
}

// detach ends c's hold of its session, keeps it as long as was agreed, and sees
// to the will.
func (s *Server) detach(c *conn, unacked []delivery) {
	w := c.will
	if c.leaving || s.closing.Load() {
		w = nil
	}
	waits := s.sessions.detach(c, unacked, w, time.Now())
	s.left(c)
	close(c.left)
	if w != nil && !waits {
		s.publishWill(w)
	}
}

// detach reports whether the will waits with the session.
func (s *sessions) detach(c *conn, unacked []delivery, w *will, now time.Time) (waits bool) {
	ses := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	ses.conn.Store(nil)
	if c.endExpiry != nil {
		ses.expiry = min(time.Duration(*c.endExpiry)*time.Second, s.limits.SessionExpiry)
	}
	if ses.over || ses.expiry == 0 {
		s.remove(ses)
		return false
	}
	ses.ends, ses.unacked = now.Add(ses.expiry), unacked
	s.absent[ses] = struct{}{}
	if w == nil || w.delay == 0 {
		return false
	}
	ses.will, ses.willDue = w, now.Add(min(w.delay, ses.expiry))
	return true
}

// remove forgets a session. Its subscriptions end.
func (s *sessions) remove(ses *session) {
	if s.byKey[ses.key] == ses {
		delete(s.byKey, ses.key)
	}
	delete(s.absent, ses)
	s.metrics.sessions.Set(float64(len(s.byKey)))
	ses.mu.Lock()
	defer ses.mu.Unlock()
	ses.over = true
	s.subs.removeAll(ses, maps.Keys(ses.subs))
	ses.subs, ses.receipts = nil, nil
}

// sweep forgets sessions whose time is over and returns the wills that are due.
func (s *sessions) sweep(now time.Time) (due []*will) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ses := range s.absent {
		if ses.will != nil && !now.Before(ses.willDue) {
			due = append(due, ses.will)
			ses.will = nil
		}
		if !now.Before(ses.ends) {
			s.remove(ses)
		}
	}
	return due
}
