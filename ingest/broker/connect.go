package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"rione/ingest/broker/packet"
	"rione/ingest/broker/topic"
)

// connect takes the client from a bare socket to a session. Until it is done
// the connection has one deadline in all and may send small packets only.
func (c *conn) connect() error {
	until := time.Now().Add(c.server.limits.ConnectTimeout)
	if err := c.link.SetDeadline(until); err != nil {
		return err
	}
	c.in.held, c.in.until = true, until
	if err := c.handshake(); err != nil {
		return err
	}
	h, body, err := c.in.next()
	if err != nil {
		return err
	}
	if h.Type != packet.TypeConnect {
		return &packet.Error{Code: packet.ProtocolError, Detail: "first packet is not CONNECT"}
	}
	var p packet.Connect
	err = packet.ParseConnect(body, &p)
	c.version, c.polite = p.Version, !p.NoProblemInfo
	if err == nil {
		err = c.checkConnect(&p)
	}
	if err == nil {
		err = c.authorize(&p, until)
	}
	if err == nil {
		err = c.open(&p, until)
	}
	if err != nil {
		c.refuseConnect(err)
	}
	return err
}

func (c *conn) handshake() error {
	if c.link.tls == nil {
		return nil
	}
	if err := c.link.tls.Handshake(); err != nil {
		return err
	}
	state := c.link.tls.ConnectionState()
	c.link.state = &state
	return nil
}

// checkConnect refuses what the protocol allows and this server does not.
func (c *conn) checkConnect(p *packet.Connect) error {
	switch {
	case len(p.ClientID) == 0 && p.Version == packet.V4 && !p.CleanStart:
		return &packet.Error{Code: packet.BadClientID, Detail: "a session that is kept needs a client id"}
	case p.AuthMethod != nil:
		return &packet.Error{Code: packet.BadAuthMethod, Detail: "no method of enhanced authentication is known"}
	case p.HasWill && !c.server.validTopic(p.Will.Topic):
		return &packet.Error{Code: packet.TopicNameInvalid, Detail: "topic of the will is not acceptable"}
	}
	return nil
}

// authorize asks who this is and what it may do.
func (c *conn) authorize(p *packet.Connect, until time.Time) error {
	ctx, cancel := context.WithDeadline(c.server.ctx, until)
	defer cancel()
	grant, err := c.server.access.Connect(ctx, Credentials{
		ClientID: string(p.ClientID), Username: string(p.Username), Password: p.Password,
		Remote: c.link.remote, TLS: c.link.state,
	})
	if err != nil {
		return c.accessError(err)
	}
	c.grant, c.identity = grant, grant.Identity()
	if p.HasWill && !grant.MayPublish(string(p.Will.Topic)) {
		return &packet.Error{Code: packet.NotAuthorized, Detail: "the will's topic is not this client's"}
	}
	return nil
}

// accessError turns an answer of the access check into the code for it. What
// else the error says is for the log alone.
func (c *conn) accessError(err error) error {
	known := func(is error, code packet.Reason) error {
		c.log().Info("access refused", "error", err)
		return &packet.Error{Code: code, Detail: is.Error()}
	}
	switch {
	case errors.Is(err, ErrBadCredentials):
		return known(ErrBadCredentials, packet.BadCredentials)
	case errors.Is(err, ErrNotAuthorized):
		return known(ErrNotAuthorized, packet.NotAuthorized)
	case errors.Is(err, ErrBadClientID):
		return known(ErrBadClientID, packet.BadClientID)
	case errors.Is(err, ErrServerBusy):
		return known(ErrServerBusy, packet.ServerBusy)
	}
	c.log().Error("access check failed", "error", err)
	return &packet.Error{Code: packet.ServerUnavailable, Detail: "access cannot be checked now"}
}

// open finds or makes the session, ends the connection that had it, and
// welcomes the client.
func (c *conn) open(p *packet.Connect, until time.Time) error {
	l := &c.server.limits
	id, assigned := string(p.ClientID), ""
	if id == "" {
		assigned = "auto-" + rand.Text()
		id = assigned
	}
	answer := packet.Connack{
		ReceiveMaximum: uint16(l.ReceiveMaximum), MaximumPacket: uint32(l.PacketBytes + packet.MaxHeader),
		AliasMaximum: uint16(l.TopicAliases), AssignedID: assigned,
	}
	c.keepAlive(p, &answer)
	expiry := c.expiry(p, &answer)
	if p.HasWill {
		c.will = c.newWill(p)
	}
	c.since = c.in.now
	c.out.sendMax = min(l.SendMaximum, int(p.ReceiveMaximum))
	c.out.packetMax = int(p.MaximumPacket)
	a, err := c.claim(id, p.CleanStart, expiry, until)
	if err != nil {
		return err
	}
	if a.will != nil {
		c.server.publishWill(a.will)
	}
	answer.SessionPresent = a.resumed
	c.welcome(packet.AppendConnack(nil, c.version, &answer), a.unacked)
	return nil
}

// welcome sends the CONNACK and opens the way for packets of any size.
func (c *conn) welcome(connack []byte, unacked []delivery) {
	s := c.server
	c.connected = true
	s.gate.connected()
	s.metrics.connections.Inc()
	s.metrics.connects.Inc()
	c.in.held, c.in.limit = false, s.limits.PacketBytes
	if r := s.limits.MessageRate; r > 0 {
		c.limiter = rate.NewLimiter(rate.Limit(r), int(r)+1)
	}
	s.came(c)
	c.out.open(c.version, connack, unacked)
	c.log().Debug("client connected", "version", c.version)
}

// keepAlive settles after which silence the client is taken for lost.
func (c *conn) keepAlive(p *packet.Connect, answer *packet.Connack) {
	most := uint16(c.server.limits.KeepAliveMax / time.Second)
	seconds := p.KeepAlive
	if p.Version == packet.V5 && (seconds == 0 || seconds > most) {
		seconds = most
		answer.KeepAlive, answer.HasKeepAlive = most, true
	}
	c.in.idle = time.Duration(seconds) * time.Second * 3 / 2
}

// expiry settles how long the session outlives the connection.
func (c *conn) expiry(p *packet.Connect, answer *packet.Connack) time.Duration {
	most := c.server.limits.SessionExpiry
	if p.Version == packet.V4 {
		if p.CleanStart {
			return 0
		}
		return most
	}
	asked := time.Duration(p.SessionExpiry) * time.Second
	if asked <= most {
		return asked
	}
	answer.SessionExpiry, answer.HasSessionExpiry = uint32(most/time.Second), true
	return most
}

// refuseConnect tells the client why, where its version has a code for it.
func (c *conn) refuseConnect(err error) {
	code := packet.UnspecifiedError
	var breach *packet.Error
	if errors.As(err, &breach) {
		code = breach.Code
	}
	answer := packet.Connack{Code: code, ReasonString: c.say(err.Error())}
	switch {
	case c.version >= packet.V5:
		c.out.reply(packet.AppendConnack(nil, packet.V5, &answer))
	case code.ConnectCode() != 0:
		c.out.reply(packet.AppendConnack(nil, packet.V4, &answer))
	}
}

// validTopic tells whether clients may publish on a topic at all: those that
// begin with "$" are the server's.
func (s *Server) validTopic(name []byte) bool {
	return topic.ValidName(name) && name[0] != '$' &&
		len(name) <= s.limits.TopicBytes && topic.Levels(name) <= s.limits.TopicLevels
}
