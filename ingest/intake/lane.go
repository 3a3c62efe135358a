package intake

import (
	"sync"
	"time"

	"rione/ingest"
)

// lane is one partition: the record that doors fill, and the committer that
// takes it away. While one record is committed the next one fills.
type lane struct {
	maxRecord int
	mu        sync.Mutex
	space     sync.Cond // signalled when a waiting door may go on
	waiting   int       // doors that wait for space
	open      *batch
	closed    bool

	wake chan struct{} // something waits in the open record
	full chan struct{} // the open record is large enough
	stop chan struct{} // closed with the lane
}

func newLane(maxRecord int) *lane {
	l := &lane{
		maxRecord: maxRecord, open: newBatch(),
		wake: make(chan struct{}, 1), full: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	l.space.L = &l.mu
	return l
}

func (l *lane) submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.await()
	if l.closed {
		return ingest.ErrClosed
	}
	l.open.add(m, a, token)
	if l.open.count() == 1 {
		signal(l.wake)
	}
	switch {
	case l.isFull():
		signal(l.full)
	case l.waiting > 0:
		l.space.Signal() // the next one in the queue
	}
	return nil
}

// await waits for space in the open record. Who came first goes on first, before
// newcomers too: a connection has one message in this queue at a time, so that
// all get equal shares of a journal that is slower than they are.
func (l *lane) await() {
	if l.waiting == 0 && !l.isFull() {
		return
	}
	l.waiting++
	for !l.closed {
		if l.space.Wait(); !l.isFull() {
			break
		}
	}
	l.waiting--
}

func (l *lane) isFull() bool { return l.open.record.Size() >= l.maxRecord }

// signal leaves word in a channel of capacity one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// swap takes the open record away and leaves empty in its place.
func (l *lane) swap(empty *batch) *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.open
	l.open = empty
	select {
	case <-l.full:
	default:
	}
	l.space.Signal()
	return taken
}

func (l *lane) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open.count()
}

// close lets nobody in any more. What is in the open record stays there.
func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	close(l.stop)
	l.space.Broadcast()
}

// gather returns when the open record is due: at once after a pause, so that a
// lone message does not wait; else when the last commit began a window ago, so
// that a load makes few and large records; before that, when nothing has come
// for the quiet time, since who sends and waits for the ack sends no more; and
// at once when the record is full or the lane closes.
func (l *lane) gather(lastCommit time.Time, window, quiet time.Duration) {
	for seen := 0; ; {
		rest := time.Until(lastCommit.Add(window))
		n := l.count()
		if rest <= 0 || n == seen {
			return
		}
		seen = n
		select {
		case <-time.After(min(rest, quiet)):
		case <-l.full:
			return
		case <-l.stop:
			return
		}
	}
}
