package broker

import "time"

// janitor forgets what is over: sessions, wills that are due, addresses that
// have gone. Seconds are the unit in which the protocol counts.
func (s *Server) janitor() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-ticker.C:
			for _, w := range s.sessions.sweep(now) {
				s.publishWill(w)
			}
			s.gate.sweep(now)
		}
	}
}
