package changelog

import (
	"sync"

	"rione/devices"
)

// Watch returns a channel that holds the newest snapshot, the present one at
// first: a reader that is late finds the latest only. The function ends the
// watch; the channel is not closed.
func (l *Log) Watch() (<-chan *devices.Snapshot, func()) {
	w := make(chan *devices.Snapshot, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	w <- l.current.Load()
	l.watchers[w] = struct{}{}
	return w, sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watchers, w)
	})
}

// offer puts s into w in place of what nobody took. The log's lock makes it the
// only sender.
func offer(w chan *devices.Snapshot, s *devices.Snapshot) {
	select {
	case <-w:
	default:
	}
	w <- s
}
