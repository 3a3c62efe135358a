package broker

import (
	"slices"

	"rione/ingest/broker/packet"
	"rione/ingest/broker/topic"
)

var errTooMuchRetained = &packet.Error{Code: packet.QuotaExceeded, Detail: "subscriptions ask for more than all retained messages at once"}

// subscribe handles a SUBSCRIBE.
func (c *conn) subscribe(body []byte) error {
	p, err := packet.ParseSubscribe(c.version, body)
	if err != nil {
		return err
	}
	codes := make([]packet.Reason, len(p.Filters))
	var found []delivery
	for i := range p.Filters {
		filter := string(p.Filters[i].Filter)
		code, isNew := c.subscribeTo(filter, &p.Filters[i], p.SubID)
		codes[i] = c.subscribeCode(code)
		if handling := p.Filters[i].RetainHandling; !code.Failed() && (handling == 0 || handling == 1 && isNew) {
			found = append(found, c.server.retained.find(filter, byte(code), p.SubID)...)
		}
		if len(found) > c.server.limits.RetainedMessages {
			return errTooMuchRetained
		}
	}
	c.out.reply(packet.AppendSuback(nil, c.version, p.ID, codes))
	if !c.out.enqueueRetained(found) {
		return errTooMuchRetained
	}
	return nil
}

// subscribeCode is the code that the client's version has: 3.1.1 knows one
// failure only.
func (c *conn) subscribeCode(code packet.Reason) packet.Reason {
	if c.version == packet.V4 && code.Failed() {
		return packet.UnspecifiedError
	}
	return code
}

// subscribeTo adds one subscription; the code is the QoS granted or why not.
func (c *conn) subscribeTo(filter string, p *packet.Subscription, id uint32) (code packet.Reason, isNew bool) {
	l := &c.server.limits
	switch {
	case topic.Shared(filter):
		return packet.SharedNotSupported, false
	case !topic.ValidFilter(filter), len(filter) > l.TopicBytes, topic.Levels(filter) > l.TopicLevels:
		return packet.TopicFilterInvalid, false
	case !c.grant.MaySubscribe(filter):
		c.server.metrics.refuse(refusedPermission)
		return packet.NotAuthorized, false
	}
	qos := min(p.QoS, 1)
	sub := subscription{qos: qos, noLocal: p.NoLocal, retainAsPublished: p.RetainAsPublished, id: id}
	return c.session.subscribe(&c.server.subs, filter, sub, l.Subscriptions)
}

// subscribe enters a subscription into the session and the server's tree.
func (s *session) subscribe(tree *subscriptions, filter string, sub subscription, most int) (code packet.Reason, isNew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.subs[filter]
	if s.over || !known && len(s.subs) >= most {
		return packet.QuotaExceeded, false
	}
	if s.subs == nil {
		s.subs = make(map[string]subscription, 1)
	}
	s.subs[filter] = sub
	tree.add(s, filter, sub)
	return packet.Reason(sub.qos), !known
}

// unsubscribe handles an UNSUBSCRIBE.
func (c *conn) unsubscribe(body []byte) error {
	p, err := packet.ParseUnsubscribe(c.version, body)
	if err != nil {
		return err
	}
	codes := make([]packet.Reason, len(p.Filters))
	for i, filter := range p.Filters {
		if !c.session.unsubscribe(&c.server.subs, string(filter)) {
			codes[i] = packet.NoSubscriptionExisted
		}
	}
	c.out.reply(packet.AppendUnsuback(nil, c.version, p.ID, codes))
	return nil
}

func (s *session) unsubscribe(tree *subscriptions, filter string) (existed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, existed = s.subs[filter]; existed {
		delete(s.subs, filter)
		tree.removeAll(s, slices.Values([]string{filter}))
	}
	return existed
}
