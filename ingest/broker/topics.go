package broker

import (
	"rione/ingest/broker/packet"
	"rione/ingest/broker/topic"
)

// topicCache is how many topics of one connection are remembered. A gateway
// that uses more starts over, which costs time and nothing else.
const topicCache = 1024

// topicEntry is what is known of a topic that a connection publishes on, found
// out once: the answers of the grant and of the routes table.
type topicEntry struct {
	name    string
	refused packet.Reason // Success when the client may publish on it

	route      string
	routedAt   uint64 // generation of the routes
	watched    bool   // somebody subscribes to it
	watchedAt  uint64 // generation of the subscriptions
	neverAsked bool
}

// topics are those that a connection uses.
type topics struct {
	last    *topicEntry // most devices have one
	byName  map[string]*topicEntry
	aliases []*topicEntry // MQTT 5, by alias
}

// topicOf returns the entry of p's topic, by name or by alias.
func (c *conn) topicOf(p *packet.Publish) (*topicEntry, error) {
	t := &c.topics
	if p.Alias != 0 && int(p.Alias) > c.server.limits.TopicAliases {
		return nil, &packet.Error{Code: packet.TopicAliasInvalid, Detail: "topic alias is above the maximum"}
	}
	if len(p.Topic) == 0 {
		if int(p.Alias) >= len(t.aliases) || t.aliases[p.Alias] == nil {
			return nil, &packet.Error{Code: packet.ProtocolError, Detail: "topic alias was not set"}
		}
		return c.refresh(t.aliases[p.Alias]), nil
	}
	if !topic.ValidName(p.Topic) {
		return nil, &packet.Error{Code: packet.TopicNameInvalid, Detail: "topic has a wildcard"}
	}
	e := t.last
	if e == nil || e.name != string(p.Topic) {
		if e = t.byName[string(p.Topic)]; e == nil {
			e = c.learn(p.Topic)
		}
		t.last = e
	}
	if p.Alias != 0 {
		if t.aliases == nil {
			t.aliases = make([]*topicEntry, c.server.limits.TopicAliases+1)
		}
		t.aliases[p.Alias] = e
	}
	return c.refresh(e), nil
}

// learn asks the grant about a new topic.
func (c *conn) learn(name []byte) *topicEntry {
	e := &topicEntry{name: string(name), neverAsked: true}
	switch {
	case !c.server.validTopic(name):
		e.refused = packet.TopicNameInvalid
	case !c.grant.MayPublish(e.name):
		e.refused = packet.NotAuthorized
	}
	if c.topics.byName == nil || len(c.topics.byName) >= topicCache {
		c.topics.byName = make(map[string]*topicEntry, 1)
	}
	c.topics.byName[e.name] = e
	return e
}

// refresh brings answers up to date that change while the connection lasts.
func (c *conn) refresh(e *topicEntry) *topicEntry {
	s := c.server
	if now := s.routing.Load(); s.routes != nil && (e.neverAsked || e.routedAt != now) {
		e.route, e.routedAt = s.routes.Match(e.name), now
	}
	if now := s.subs.generation.Load(); e.neverAsked || e.watchedAt != now {
		e.watched, e.watchedAt = s.subs.any(e.name), now
	}
	e.neverAsked = false
	return e
}
