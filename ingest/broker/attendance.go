package broker

// Attendance hears who comes and goes. Calls for one identity come in order;
// they must not block. At Close nobody is said to go: they come back with the
// door.
type Attendance interface {
	Came(identity string)
	// Left tells that a connection ended; goodbye tells that its client said so.
	Left(identity string, goodbye bool)
}

// came tells that c's client has its session.
func (s *Server) came(c *conn) {
	if a := s.opts.Attendance; a != nil {
		a.Came(c.identity)
	}
}

// left tells that c's client is gone, before a newer connection of it can come.
func (s *Server) left(c *conn) {
	if a := s.opts.Attendance; a != nil && c.connected && !s.closing.Load() {
		a.Left(c.identity, c.leaving)
	}
}
