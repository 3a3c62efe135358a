package api

import "time"

// Drop forgets the values of devices whose history was stated anew; Rebuild or
// their next readings fill them in again.
func (l *Latest) Drop(ids []string) {
	for _, id := range ids {
		s := l.shard(id)
		s.mu.Lock()
		if d := s.devices[id]; d != nil {
			d.series, d.seen = nil, time.Time{}
		}
		s.mu.Unlock()
	}
}
