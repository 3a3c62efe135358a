package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// errEnded is returned when the child ended before it was ready.
var errEnded = errors.New("InfluxDB ended while it started")

// child is one process of InfluxDB.
type child struct {
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // how it ended; valid once exited is closed
}

// launch starts the process and writes the record that a later start
// recognises it by.
func (s *Server) launch() (*child, error) {
	log, err := openLog(filepath.Join(s.opts.Dir, "influxd.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	env, mark := s.binary.environment(s.opts.Dir, s.listen)
	cmd := exec.Command(s.binary.path, s.binary.args()...)
	cmd.Env = append(append(inherited(), env...), s.opts.Settings...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = processAttributes()
	c := &child{cmd: cmd, exited: make(chan struct{})}
	if err := c.start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.binary.path, err)
	}
	if err := s.record.write(c.pid(), s.opts.Dir, mark); err != nil {
		c.end(stopGrace)
		return nil, err
	}
	return c, nil
}

// start runs the process in a goroutine that keeps its thread as long as the
// process lives: the kernel ties the death signal to the thread that forked.
func (c *child) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			c.err = c.cmd.Wait()
			close(c.exited)
		}
	}()
	return <-started
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// end asks the process to stop, kills it after the grace, and waits for it.
func (c *child) end(grace time.Duration) {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // fails only when it has ended
	select {
	case <-c.exited:
	case <-time.After(grace):
		_ = c.cmd.Process.Kill()
		<-c.exited
	}
}

// awaitReady returns when the process answers to our user, which it creates at
// the first start.
func (s *Server) awaitReady(ctx context.Context, c *child) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	still := time.NewTicker(5 * time.Second)
	defer still.Stop()
	for started := time.Now(); ; {
		select {
		case <-still.C:
			fmt.Fprintf(s.opts.Progress, "InfluxDB: opening its data, %s so far\n", time.Since(started).Round(time.Second))
			continue
		case <-c.exited:
			return fmt.Errorf("%w (%w); its log %s ends: %s", errEnded, c.err, s.logPath(), tail(s.logPath()))
		case <-ctx.Done():
			return fmt.Errorf("InfluxDB does not answer on %s, see its log %s: %w", s.listen, s.logPath(), ctx.Err())
		case <-tick.C:
		}
		ready, err := s.admit(ctx)
		if err != nil {
			return err
		}
		if ready {
			return nil
		}
	}
}

func (s *Server) logPath() string { return filepath.Join(s.opts.Dir, "influxd.log") }

// supervise owns the child: it starts another when it dies by itself, waiting
// longer each time, and ends it when the server is closed.
func (s *Server) supervise() {
	defer close(s.done)
	defer func() {
		if err := s.record.close(); err != nil {
			s.opts.Logger.Warn("the record of InfluxDB's process stays behind", "error", err)
		}
	}()
	wait := minBackOff
	for {
		started := time.Now()
		select {
		case <-s.stop:
			s.child.end(stopGrace)
			return
		case <-s.child.exited:
		}
		s.opts.Logger.Error("InfluxDB ended by itself", "how", s.child.err, "log", s.logPath())
		if s.opts.Unsupervised {
			return
		}
		if time.Since(started) > time.Minute {
			wait = minBackOff
		}
		if !s.revive(&wait) {
			return
		}
	}
}

// The waits between two starts of a child that keeps dying.
const (
	minBackOff = 200 * time.Millisecond
	maxBackOff = 30 * time.Second
)

// revive starts the child until one runs. It reports false when the server was
// closed meanwhile.
func (s *Server) revive(wait *time.Duration) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		select {
		case <-s.stop:
			return false
		case <-time.After(*wait):
		}
		*wait = min(2**wait, maxBackOff)
		limited, stop := context.WithTimeout(ctx, startLimit)
		err := s.run(limited)
		stop()
		if err == nil {
			return true
		}
		s.opts.Logger.Error("InfluxDB cannot be started again yet", "error", err, "next_try_in", *wait)
	}
}

// openLog opens the child's log for appending. A log that has grown is set
// aside first, so that two of them are the bound.
func openLog(path string) (*os.File, error) {
	const large = 8 << 20
	if info, err := os.Stat(path); err == nil && info.Size() > large {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("set InfluxDB's old log aside: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open InfluxDB's log: %w", err)
	}
	return f, nil
}

// tail returns the last part of a log, for an error text.
func tail(path string) string {
	const part = 400
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-part):])
}
