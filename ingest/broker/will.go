package broker

import (
	"time"

	"rione/ingest"
	"rione/ingest/broker/packet"
)

// will is the message that a client leaves for when it is lost. Its topic has
// passed the client's grant.
type will struct {
	conn    *conn // whose it is
	message *message
	delay   time.Duration
}

func (c *conn) newWill(p *packet.Connect) *will {
	w := &p.Will
	return &will{
		conn:    c,
		message: copyMessage(string(w.Topic), w.Payload, w.QoS, w.Retain, &w.Props, time.Time{}),
		delay:   time.Duration(w.Delay) * time.Second,
	}
}

// publishWill sends a will the way of every message: intake, commit, and only
// then retained and subscribers. It waits when the intake is full.
func (s *Server) publishWill(w *will) {
	now, m := time.Now(), w.message
	route := ""
	if s.routes != nil {
		route = s.routes.Match(m.topic)
	}
	token := w.conn.keep(m)
	err := s.intake.Submit(&ingest.Message{
		Received: now.UTC(), Door: Door, Route: route, Client: w.conn.identity,
		Topic: m.topic, Payload: m.payload,
	}, w.conn, token)
	if err != nil {
		w.conn.settled(token)
		w.conn.log().Error("will was not stored", "topic", m.topic, "error", err)
		s.metrics.refuse(refusedIntake)
		return
	}
	s.metrics.messages[0].Inc()
}
