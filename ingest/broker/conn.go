package broker

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rione/ingest"
	"rione/ingest/broker/packet"
)

// conn is one connection. Its goroutine reads and handles packets; everything
// that is written goes through its outbox.
type conn struct {
	server *Server
	link   link
	in     reader
	out    outbox

	// Set by connect, before anybody else sees them.
	version  packet.Version
	grant    Grant
	identity string
	session  *session
	will     *will
	polite   bool // wants reason strings

	// Of the reading goroutine alone, but for left, which others wait for.
	connected bool
	since     time.Time
	topics    topics
	limiter   *rate.Limiter  // nil without a limit
	pub       packet.Publish // the present one, here so that it is not allocated
	msg       ingest.Message // likewise
	leaving   bool           // the client said goodbye
	left      chan struct{}  // closed when the session is let go
	endExpiry *uint32        // session expiry that its goodbye asked for

	mu     sync.Mutex
	copies map[uint64]*message // by key, of messages between Submit and Ack
	key    uint64
}

func newConn(s *Server, l link) *conn {
	c := &conn{server: s, link: l, left: make(chan struct{})}
	c.in = reader{src: l.Conn, lend: &s.buffers, limit: s.limits.ConnectBytes, packetTime: s.limits.PacketTimeout}
	c.out.net, c.out.hangUp = l.Conn, l.hangUp
	c.out.limits, c.out.lend, c.out.total, c.out.metrics = &s.limits, &s.buffers, &s.waiting, s.metrics
	c.out.logger = s.logger
	c.out.sendMax = s.limits.SendMaximum
	c.out.changed.L = &c.out.mu
	c.out.run = c.out.write
	return c
}

// errGoodbye ends a connection whose client said so.
var errGoodbye = errors.New("client disconnected")

// serve is the goroutine of the connection, from accept to the end.
func (c *conn) serve() {
	defer c.cleanUp()
	defer func() {
		if p := recover(); p != nil {
			c.log().Error("connection panicked and is closed", "panic", p, "stack", string(debug.Stack()))
			c.out.finish(packet.UnspecifiedError, "")
		}
	}()
	if err := c.connect(); err != nil {
		c.fail(err)
		return
	}
	for {
		h, body, err := c.in.next()
		if err == nil {
			err = c.handle(h, body)
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// handle does what a packet asks for.
func (c *conn) handle(h packet.Header, body []byte) error {
	switch h.Type {
	case packet.TypePublish:
		return c.publish(h.Flags, body)
	case packet.TypePuback, packet.TypePubrec, packet.TypePubrel, packet.TypePubcomp:
		return c.acknowledged(h.Type, body)
	case packet.TypeSubscribe:
		return c.subscribe(body)
	case packet.TypeUnsubscribe:
		return c.unsubscribe(body)
	case packet.TypePingreq:
		if len(body) > 0 {
			return &packet.Error{Code: packet.MalformedPacket, Detail: "PINGREQ has a body"}
		}
		c.out.reply(packet.AppendPingresp(nil))
		return nil
	case packet.TypeDisconnect:
		return c.disconnect(body)
	}
	return &packet.Error{Code: packet.ProtocolError, Detail: "packet is not one that a client may send here"}
}

func (c *conn) disconnect(body []byte) error {
	d, err := packet.ParseDisconnect(c.version, body)
	if err != nil {
		return err
	}
	if d.HasSessionExpiry {
		if d.SessionExpiry > 0 && c.session.expiry == 0 {
			return &packet.Error{Code: packet.ProtocolError, Detail: "a session that was to end with the connection cannot be prolonged"}
		}
		c.endExpiry = &d.SessionExpiry
	}
	c.leaving = d.Code != packet.DisconnectWithWill
	return errGoodbye
}

// fail ends the connection for a reason, which an MQTT 5 client is told.
func (c *conn) fail(err error) {
	var breach *packet.Error
	switch {
	case errors.As(err, &breach):
		c.server.metrics.refuse(refusalLabel(breach.Code))
		c.log().Info("connection closed", "reason", breach.Detail, "code", breach.Code)
		c.out.finish(breach.Code, c.say(breach.Detail))
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.server.metrics.refuse(refusedTimeout)
		c.log().Info("connection closed", "reason", "nothing complete came within the time-out")
		c.out.finish(packet.KeepAliveTimeout, "")
	case errors.Is(err, errGoodbye), errors.Is(err, errClosing), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		c.log().Debug("connection ended", "reason", err)
		c.out.finish(packet.Success, "")
	default:
		c.log().Info("connection failed", "error", err)
		c.out.finish(packet.Success, "")
	}
}

// log names the client by what it is known as, and not by its client id, which
// may be a hardware address.
func (c *conn) log() *slog.Logger {
	return c.server.logger.With("identity", c.identity, "remote", c.link.remote)
}

// say returns a reason string, "" for a client that wants none.
func (c *conn) say(detail string) string {
	if !c.polite {
		return ""
	}
	return detail
}

// shutDown ends the connection because the server closes.
func (c *conn) shutDown() {
	c.out.drain()
	c.out.finish(packet.ServerShuttingDown, "")
}

// cleanUp leaves nothing of the connection behind but what its session keeps.
func (c *conn) cleanUp() {
	unacked := c.out.leave()
	c.in.release()
	s := c.server
	if c.session != nil {
		s.detach(c, unacked)
	}
	s.gate.leave(c.link.remote.Addr(), !c.connected)
	if c.connected {
		s.metrics.connections.Dec()
	}
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.wg.Done()
}

func refusalLabel(code packet.Reason) string {
	switch code {
	case packet.PacketTooLarge:
		return refusedTooLarge
	case packet.TopicNameInvalid, packet.TopicAliasInvalid:
		return refusedTopic
	case packet.NotAuthorized:
		return refusedPermission
	case packet.BadCredentials, packet.BadClientID, packet.BadAuthMethod:
		return refusedCredentials
	case packet.ServerBusy, packet.ServerUnavailable:
		return refusedBusy
	case packet.ReceiveMaximumExceeded:
		return refusedFlight
	case packet.PayloadFormatInvalid:
		return refusedFormat
	case packet.UnspecifiedError, packet.QuotaExceeded, packet.ServerShuttingDown:
		return refusedIntake
	}
	return refusedMalformed
}
