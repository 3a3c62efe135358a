package mqttclient

import (
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// poller looks after the sockets of a pool: one goroutine reads them in turn,
// every other millisecond. A goroutine for each connection wakes up for each
// PUBACK, reads twice, the second time in vain, and keeps a stack.
type poller struct {
	epoll int
	done  chan struct{} // closed to end it
	work  sync.WaitGroup

	mu      sync.Mutex
	sockets map[int32]*socket // by descriptor
}

// What a socket is watched for.
const (
	readable = syscall.EPOLLIN
	writable = syscall.EPOLLOUT
)

// newPoller returns a poller that runs until it is closed.
func newPoller() (*poller, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	p := &poller{epoll: epoll, done: make(chan struct{}), sockets: map[int32]*socket{}}
	p.work.Go(p.run)
	return p, nil
}

// close ends the poller, which has no sockets any more.
func (p *poller) close() {
	close(p.done)
	p.work.Wait()
	_ = syscall.Close(p.epoll) // of nothing that is left
}

// take makes a socket of a connection of c, whose lock is held. After an error
// the connection is as it was.
func (p *poller) take(c *client, conn *net.TCPConn) (*socket, error) {
	fd, err := duplicate(conn)
	if err != nil {
		return nil, err
	}
	s := &socket{client: c, poll: p, fd: fd}
	p.mu.Lock()
	p.sockets[int32(fd)] = s
	p.mu.Unlock()
	if err := syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: readable, Fd: int32(fd)}); err != nil {
		p.drop(s)
		return nil, err
	}
	_ = conn.Close() // its duplicate stays
	c.work.Add(1)    // until it breaks
	return s, nil
}

// duplicate returns a descriptor of a connection that the runtime's own poller
// does not know, or it would wake up for it as well.
func duplicate(conn *net.TCPConn) (fd int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, err
	}
	var dupErr error
	err = raw.Control(func(old uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, dupErr = syscall.Dup(int(old)); dupErr == nil {
			syscall.CloseOnExec(fd)
		}
	})
	if err == nil {
		err = dupErr
	}
	return fd, err
}

// watch says what a socket is to be watched for. Its client's lock is held.
func (p *poller) watch(s *socket, events uint32) {
	_ = syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_MOD, s.fd, &syscall.EpollEvent{Events: events, Fd: int32(s.fd)}) // of a socket that is watched
}

// drop closes a socket.
func (p *poller) drop(s *socket) {
	p.mu.Lock()
	delete(p.sockets, int32(s.fd)) // before the number may be another's
	p.mu.Unlock()
	_ = syscall.Close(s.fd) // whatever it says, it is closed
}

// gather is how long acknowledgements gather before they are read, all at once.
// Latencies are measured as coarsely.
const gather = 2 * time.Millisecond

// run looks after the sockets until the poller is closed.
func (p *poller) run() {
	events, buf := make([]syscall.EpollEvent, 256), make([]byte, 2*maxIncoming)
	tick := time.NewTicker(gather)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-p.done:
			return
		}
		for n := len(events); n == len(events); { // there may be more
			n, _ = syscall.EpollWait(p.epoll, events, 0) // -1 when interrupted: the next tick looks again
			for _, e := range events[:max(n, 0)] {
				p.serve(e, buf)
			}
		}
	}
}

// serve writes what a socket takes and reads what it has.
func (p *poller) serve(e syscall.EpollEvent, buf []byte) {
	p.mu.Lock()
	s := p.sockets[e.Fd]
	p.mu.Unlock()
	if s == nil {
		return // closed since
	}
	c := s.client
	c.mu.Lock()
	if e.Events&writable != 0 {
		s.resume()
	}
	had := copy(buf, s.part)
	n, err := s.read(buf[had:])
	c.heard = c.heard || n > 0
	c.mu.Unlock()
	if err == nil && n > 0 {
		var rest []byte
		rest, err = c.handle(buf[:had+n])
		s.part = append(s.part[:0], rest...)
	}
	if err != nil {
		p.lose(s, err)
	}
}

// lose closes a broken socket; its client connects again.
func (p *poller) lose(s *socket, err error) {
	c := s.client
	c.mu.Lock()
	p.drop(s)
	c.detach()
	c.mu.Unlock()
	c.work.Go(func() { c.again(err) })
	c.work.Done()
}
