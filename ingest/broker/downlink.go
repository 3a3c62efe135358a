package broker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"rione/ingest"
	"rione/ingest/broker/packet"
	"rione/ingest/broker/topic"
)

var _ ingest.Commander = (*Server)(nil)

// ErrNoSubscriber is returned by Server.Publish when no connected client
// subscribes to the topic.
var ErrNoSubscriber = errors.New("no connected client subscribes to the topic")

// distribute gives a committed message to the retained ones and the subscribers.
func (s *Server) distribute(m *message) {
	if m.retain {
		s.retained.set(m)
	}
	s.fanOut(m)
}

// fanOut queues m for all connected subscribers and returns how many those are.
// It does not block: who cannot keep up loses the oldest messages of its queue.
func (s *Server) fanOut(m *message) (receivers int) {
	for _, to := range s.subs.match(m.topic, m.from) {
		c := to.session.conn.Load()
		if c == nil {
			continue
		}
		receivers++
		c.out.enqueue(delivery{
			message: m, qos: min(m.qos, to.qos),
			retain: m.retain && to.retainAsPublished, subIDs: to.ids,
		})
	}
	return receivers
}

// Publish queues a command, at QoS 1, for the connected clients that subscribe
// to its topic; a nil error says that there is at least one, not that the
// device has it: Acked is called when a client that subscribes at QoS 1 sent its
// PUBACK. A device that is not connected does not get it later.
func (s *Server) Publish(_ context.Context, c ingest.Command) error {
	if !topic.ValidName(c.Topic) || len(c.Topic) > s.limits.TopicBytes {
		return fmt.Errorf("mqtt door: %q is not a topic that a command can take", c.Topic)
	}
	m := copyMessage(c.Topic, c.Payload, 1, false, &packet.Props{}, time.Time{})
	m.acked = c.Acked
	if s.fanOut(m) == 0 {
		return fmt.Errorf("mqtt door: %s: %w", c.Topic, ErrNoSubscriber)
	}
	return nil
}

// ClientInfo describes a connected client.
type ClientInfo struct {
	ID            string
	Identity      string
	Remote        netip.AddrPort
	Version       int // 4 is MQTT 3.1.1, 5 is MQTT 5
	Since         time.Time
	Subscriptions int
}

// Clients lists the connected clients by their id.
func (s *Server) Clients() []ClientInfo {
	var list []ClientInfo
	for _, c := range s.sessions.connected() {
		ses := c.session
		ses.mu.Lock()
		n := len(ses.subs)
		ses.mu.Unlock()
		list = append(list, ClientInfo{
			ID: ses.key.clientID, Identity: c.identity, Remote: c.link.remote,
			Version: int(c.version), Since: c.since, Subscriptions: n,
		})
	}
	slices.SortFunc(list, func(a, b ClientInfo) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Identity, b.Identity))
	})
	return list
}

// connected returns the connections that have a session.
func (s *sessions) connected() (list []*conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ses := range s.byKey {
		if c := ses.conn.Load(); c != nil {
			list = append(list, c)
		}
	}
	return list
}

// Disconnect closes the connections of an identity and forgets its sessions,
// because what it may do has changed. It returns how many connections it
// closed.
func (s *Server) Disconnect(identity string) (closed int) {
	for _, c := range s.sessions.forget(identity) {
		closed++
		c.out.finish(packet.AdministrativeAction, "")
	}
	return closed
}

func (s *sessions) forget(identity string) (list []*conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, ses := range s.byKey {
		if key.identity != identity {
			continue
		}
		if c := ses.conn.Load(); c != nil {
			list = append(list, c)
		}
		s.remove(ses)
	}
	return list
}

// RoutesChanged makes connections ask the routes table again.
func (s *Server) RoutesChanged() { s.routing.Add(1) }
