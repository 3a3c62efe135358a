package script

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"time"
)

// Options describe a runner.
type Options struct {
	Command []string // required: starts a process that calls Host on its standard input and output
	Logger  *slog.Logger
}

// Runner runs codecs in a child process, one call after the other. The child
// starts with the first call, and again after it died. A Runner serves many
// goroutines.
type Runner struct {
	opt    Options
	mu     sync.Mutex
	child  *child
	closed bool
}

// child is a running host.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	loaded map[string]bool
}

// longest is how long a child may take to start or to answer. It watches its
// codecs by processor time; this is for one that is stuck in any other way.
const longest = 30 * time.Second

// errDied says that the child ended within a call.
var errDied = errors.New("it broke a limit of memory or time and ended its process")

// New returns a runner. Nothing is started yet.
func New(o Options) (*Runner, error) {
	if len(o.Command) == 0 {
		return nil, errors.New("script: Options.Command is required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Runner{opt: o}, nil
}

// Run calls decodeUplink of a codec and returns its data, a JSON object. The
// name stands for one source as long as the runner lives.
func (r *Runner) Run(name, source string, in Input) ([]byte, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("the codec has more than %d bytes", maxSource)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := r.child == nil
	data, err := r.call(name, source, in)
	if errors.Is(err, errDied) && !fresh { // perhaps of what others left behind
		data, err = r.call(name, source, in)
	}
	if errors.Is(err, errDied) {
		r.opt.Logger.Warn("a codec in JavaScript broke its limits", "codec", name, "error", err)
	}
	return data, err
}

func (r *Runner) call(name, source string, in Input) ([]byte, error) {
	if err := r.start(); err != nil {
		return nil, err
	}
	rq := request{Codec: name, Input: in}
	if !r.child.loaded[name] {
		rq.Source = source
	}
	var rs response
	err := r.within(func() error {
		if err := send(r.child.in, rq); err != nil {
			return err
		}
		return receive(r.child.out, &rs)
	})
	switch {
	case err != nil:
		return nil, err
	case rs.Error != "":
		return nil, errors.New(rs.Error)
	}
	r.child.loaded[name] = true
	return rs.Data, nil
}

// start starts a child unless one is running.
func (r *Runner) start() error {
	if r.closed {
		return errors.New("the runner of codecs is closed")
	}
	if r.child != nil {
		return nil
	}
	cmd := exec.Command(r.opt.Command[0], r.opt.Command[1:]...)
	cmd.Env = []string{"GOTRACEBACK=none"} // nothing of ours, which may be secret
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the host of codecs does not start: %w", err)
	}
	r.child = &child{cmd, in, bufio.NewReader(out), map[string]bool{}}
	var ready response
	if err := r.within(func() error { return receive(r.child.out, &ready) }); err != nil {
		return errors.New("the host of codecs does not start")
	}
	return nil
}

// within runs f, which talks to the child, and ends the child if that takes too
// long or fails.
func (r *Runner) within(f func() error) error {
	late := make(chan struct{})
	timer := time.AfterFunc(longest, func() {
		close(late)
		_ = r.child.cmd.Process.Kill() // it may have ended meanwhile
	})
	err := f()
	if timer.Stop() && err == nil {
		return nil
	}
	r.stop()
	select {
	case <-late:
		return fmt.Errorf("it ran longer than %v and was ended", longest)
	default:
		return errDied
	}
}

// stop ends the child and waits for it.
func (r *Runner) stop() {
	_ = r.child.cmd.Process.Kill() // it may have ended already
	_ = r.child.in.Close()
	_ = r.child.cmd.Wait() // killed: that is its status
	r.child = nil
}

// Close ends the child. Calls after it fail.
func (r *Runner) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.child != nil {
		r.stop()
	}
	return nil
}
