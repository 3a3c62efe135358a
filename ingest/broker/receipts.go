package broker

import "rione/ingest/broker/packet"

// receipt is a publish at QoS 2 that came and whose PUBREL did not come yet.
// The client may send it again meanwhile, on another connection even; it is
// stored once. Receipts live in memory: after a restart of the process such a
// message is stored twice at most, and the store overwrites it with itself.
type receipt struct {
	committed bool
	conn      *conn // gets the PUBREC after the commit
}

// receive notes a publish at QoS 2. It returns false when the message is known
// already, or the client has too many of them open.
func (c *conn) receive(id uint16) (first bool, err error) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	r, known := s.receipts[id]
	switch {
	case s.over:
		return false, errGoodbye
	case known && r.committed:
		c.out.ack(packet.TypePubrec, id, packet.Success, "")
		c.out.flush()
		return false, nil
	case known && r.conn == c:
		c.out.forget() // one PUBREC answers both
		return false, nil
	case !known && c.version == packet.V5 && len(s.receipts) >= c.server.limits.ReceiveMaximum:
		return false, &packet.Error{Code: packet.ReceiveMaximumExceeded, Detail: "more publishes in flight than the receive maximum"}
	}
	if s.receipts == nil {
		s.receipts = make(map[uint16]receipt, 1)
	}
	s.receipts[id] = receipt{conn: c}
	return !known, nil
}

// committed sends the PUBREC after the commit, or forgets the message when
// there was none, to the connection that sent the message last.
func (c *conn) committed(id uint16, err error) {
	s := c.session
	s.mu.Lock()
	r, known := s.receipts[id]
	switch {
	case known && err == nil:
		s.receipts[id] = receipt{committed: true}
	case known:
		delete(s.receipts, id)
	}
	s.mu.Unlock()
	if known && r.conn != nil {
		r.conn.answer(packet.TypePubrec, id, err)
		r.conn.out.flush()
	}
}

// release forgets a receipt. It returns false when there was none, or when the
// message is not committed yet and so cannot be released by the client.
func (s *session) release(id uint16) (was receipt, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, known = s.receipts[id]
	delete(s.receipts, id)
	return was, known
}

// acknowledged handles the acks of the client.
func (c *conn) acknowledged(t packet.Type, body []byte) error {
	a, err := packet.ParseAck(c.version, t, body)
	if err != nil {
		return err
	}
	switch t {
	case packet.TypePuback:
		c.out.acked(a.ID)
	case packet.TypePubrel:
		return c.released(a.ID)
	case packet.TypePubrec: // of nothing that was sent: there is no QoS 2 to subscribers
		c.out.reply(packet.AppendAck(nil, c.version, packet.TypePubrel, a.ID, packet.PacketIDNotFound, ""))
	}
	return nil
}

// released answers a PUBREL.
func (c *conn) released(id uint16) error {
	code := packet.PacketIDNotFound
	if was, known := c.session.release(id); known {
		if !was.committed {
			return &packet.Error{Code: packet.ProtocolError, Detail: "PUBREL for a message whose PUBREC was not sent"}
		}
		code = packet.Success
	}
	c.out.reply(packet.AppendAck(nil, c.version, packet.TypePubcomp, id, code, ""))
	return nil
}
