package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"
)

// listen opens the listeners and starts to accept.
func (s *Server) listen(ctx context.Context) error {
	tcp, err := open(ctx, s.opts.Listen)
	if err != nil {
		return err
	}
	secure, err := open(ctx, s.opts.TLSListen)
	if err != nil {
		return errors.Join(err, closeListener(tcp))
	}
	s.tcp, s.tls = tcp, secure
	if tcp != nil {
		s.wg.Go(func() { s.accept(tcp, nil) })
	}
	if secure != nil {
		s.wg.Go(func() { s.accept(secure, s.opts.TLS) })
	}
	return nil
}

func open(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		return nil, nil
	}
	// Clients without a keep-alive of MQTT are found dead by TCP's own.
	config := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 2 * time.Minute, Interval: 30 * time.Second, Count: 4,
	}}
	return config.Listen(ctx, "tcp", address)
}

// accept takes connections until the listener is closed. Other errors, such as
// too many open files, pass: it tries again, at most once a second.
func (s *Server) accept(l net.Listener, config *tls.Config) {
	const first, most = 5 * time.Millisecond, time.Second
	pause := first
	for {
		socket, err := l.Accept()
		switch {
		case err == nil:
			pause = first
			s.admit(socket, config)
			continue
		case errors.Is(err, net.ErrClosed) || s.closing.Load():
			return
		}
		s.logger.Error("cannot accept a connection; trying again", "error", err, "pause", pause)
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(pause):
			pause = min(2*pause, most)
		}
	}
}

// admit starts to serve a socket, or closes it at once when there are too many.
func (s *Server) admit(socket net.Conn, config *tls.Config) {
	remote := addrPort(socket.RemoteAddr())
	link := link{Conn: socket, remote: remote, hangUp: socket.Close}
	if config != nil {
		link.tls = tls.Server(socket, config)
		link.Conn = link.tls
	}
	c := s.enter(link)
	if c == nil {
		if err := socket.Close(); err != nil {
			s.logger.Debug("refused connection did not close cleanly", "error", err)
		}
		return
	}
	go c.serve()
}

// enter counts a new connection, or returns nil when it may not come in.
func (s *Server) enter(l link) *conn {
	if reason := s.gate.enter(l.remote.Addr()); reason != "" {
		s.metrics.refuse(reason)
		return nil
	}
	c := newConn(s, l)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() {
		s.gate.leave(l.remote.Addr(), true)
		return nil
	}
	s.conns[c] = struct{}{}
	s.wg.Add(1) // serve takes it off
	return c
}

// link is the transport of a connection.
type link struct {
	net.Conn
	remote netip.AddrPort
	hangUp func() error // closes at once, without a goodbye
	tls    *tls.Conn    // nil without TLS
	state  *tls.ConnectionState
}

func addrPort(a net.Addr) netip.AddrPort {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{} // not of TCP, in tests
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
