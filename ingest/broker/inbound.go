package broker

import (
	"errors"
	"unicode/utf8"

	"rione/ingest"
	"rione/ingest/broker/packet"
)

var _ ingest.Acker = (*conn)(nil)

var errClosing = errors.New("server is closing")

// publish handles a PUBLISH: it goes to the intake as it stands in the read
// buffer, and the ack follows from Ack.
func (c *conn) publish(flags byte, body []byte) error {
	p := &c.pub
	if err := packet.ParsePublish(c.version, flags, body, p); err != nil {
		return err
	}
	t, err := c.topicOf(p)
	if err != nil {
		return err
	}
	if c.limiter != nil {
		if err := c.limiter.Wait(c.server.ctx); err != nil {
			return errClosing
		}
	}
	if c.server.closing.Load() {
		return errClosing
	}
	if p.QoS > 0 && !c.out.admit(c.version == packet.V4) {
		return &packet.Error{Code: packet.ReceiveMaximumExceeded, Detail: "more publishes in flight than the receive maximum"}
	}
	switch {
	case t.refused != packet.Success:
		return c.refuse(p, t.refused, "topic is not one that this client may publish on")
	case p.Props.IsText && !utf8.Valid(p.Payload):
		return c.refuse(p, packet.PayloadFormatInvalid, "payload is said to be text and is not UTF-8")
	case p.QoS == 2:
		if first, err := c.receive(p.ID); !first {
			return err
		}
	}
	return c.submit(p, t)
}

// refuse answers a publish that is not taken. MQTT 3.1.1 has no word for it: a
// positive ack would be a lie, so the connection ends; at QoS 0 it is dropped.
func (c *conn) refuse(p *packet.Publish, code packet.Reason, say string) error {
	switch {
	case p.QoS == 0:
		c.server.metrics.refuse(refusalLabel(code))
		return nil
	case c.version == packet.V4:
		return &packet.Error{Code: code, Detail: say}
	}
	c.server.metrics.refuse(refusalLabel(code))
	c.out.ack(ackType(p.QoS), p.ID, code, c.say(say))
	c.out.flush()
	return nil
}

func ackType(qos byte) packet.Type {
	if qos == 2 {
		return packet.TypePubrec
	}
	return packet.TypePuback
}

// submit hands p to the intake, and keeps a copy if somebody will want it.
func (c *conn) submit(p *packet.Publish, t *topicEntry) error {
	s := c.server
	token := uint64(p.QoS)<<16 | uint64(p.ID)
	if p.Retain || t.watched {
		m := copyMessage(t.name, p.Payload, p.QoS, p.Retain, &p.Props, c.in.now)
		m.from = c.session
		token |= c.keep(m)
	}
	c.msg = ingest.Message{
		Received: c.in.now.UTC(), Door: Door, Route: t.route, Client: c.identity,
		Topic: t.name, Payload: p.Payload,
	}
	err := s.intake.Submit(&c.msg, c, token)
	if err != nil {
		return c.notSubmitted(p, token, err)
	}
	s.metrics.messages[p.QoS].Inc()
	s.metrics.payload.Add(float64(len(p.Payload)))
	return nil
}

// notSubmitted answers a publish that the intake did not take.
func (c *conn) notSubmitted(p *packet.Publish, token uint64, err error) error {
	c.settled(token)
	if p.QoS == 2 {
		c.session.release(p.ID)
	}
	if errors.Is(err, ingest.ErrClosed) {
		return &packet.Error{Code: packet.ServerShuttingDown, Detail: err.Error()}
	}
	code, say := refusal(err)
	return c.refuse(p, code, say)
}

// A token holds the packet identifier in its low 16 bits, the QoS in the next
// two, and above them the key of the copy, 0 for none.
const tokenKey = 18

// keep stores the copy of a message until its Ack and returns its part of the
// token.
func (c *conn) keep(m *message) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.copies == nil {
		c.copies = make(map[uint64]*message, 1)
	}
	c.key++
	c.copies[c.key] = m
	return c.key << tokenKey
}

// settled returns the copy that a token names, nil for none, and forgets it.
func (c *conn) settled(token uint64) *message {
	key := token >> tokenKey
	if key == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.copies[key]
	delete(c.copies, key)
	return m
}

// Ack implements ingest.Acker. Only here, after the commit, is a message
// retained and given to subscribers.
func (c *conn) Ack(token uint64, err error) {
	m := c.settled(token)
	if m != nil && err == nil {
		c.server.distribute(m)
	}
	switch id := uint16(token); token >> 16 & 3 {
	case 0:
		if err != nil {
			c.server.metrics.refuse(refusedIntake)
		}
	case 1:
		c.answer(packet.TypePuback, id, err)
	case 2:
		c.committed(id, err)
	}
}

// Flush implements ingest.Acker: the acks of a record leave in one write.
func (c *conn) Flush() { c.out.flush() }

// answer tells the client what became of its publish. A 3.1.1 client whose
// message was not stored gets no ack; its connection ends and it sends again.
func (c *conn) answer(t packet.Type, id uint16, err error) {
	switch {
	case err == nil:
		c.server.metrics.acks.Inc()
		c.out.ack(t, id, packet.Success, "")
	case c.version == packet.V5:
		c.server.metrics.refuse(refusedIntake)
		code, say := refusal(err)
		c.out.ack(t, id, code, c.say(say))
	default:
		c.server.metrics.refuse(refusedIntake)
		c.out.finish(packet.Success, "")
	}
}

// refusal names an error of the intake on the wire of MQTT 5. A PUBACK cannot
// carry "packet too large" (0x95): clients that check codes take it for a broken
// packet and send the message again for ever.
func refusal(err error) (code packet.Reason, say string) {
	var r *ingest.Refusal
	switch {
	case errors.Is(err, ingest.ErrTooLarge):
		return packet.QuotaExceeded, ingest.ErrTooLarge.Error()
	case !errors.As(err, &r):
		return packet.UnspecifiedError, "message was not stored"
	}
	switch r.Reason {
	case ingest.OverQuota, ingest.TooLarge:
		return packet.QuotaExceeded, r.Error()
	case ingest.NotPermitted:
		return packet.NotAuthorized, r.Error()
	case ingest.Unparsable, ingest.Empty, ingest.UnknownFormat:
		return packet.PayloadFormatInvalid, r.Error()
	}
	return packet.UnspecifiedError, r.Error()
}
