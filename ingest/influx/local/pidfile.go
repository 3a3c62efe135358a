package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"
	"time"
)

// pidFile is the record of the child that runs on a data folder. It is locked
// for as long as its owner lives, so whoever gets the lock knows that a child
// it still names was left by a crash.
type pidFile struct{ f *os.File }

// left is what the record says: enough to tell our child from a process that
// was given the same pid later.
type left struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // as the system tells it, see startOf
	Dir     string `json:"dir"`     // the data folder that it was started for
	Mark    string `json:"mark"`    // setting in its environment that names its data path
}

func openPIDFile(path string) (*pidFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the record of InfluxDB's process: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w; another rione uses this data folder: stop it, or choose another folder", path, err)
	}
	return &pidFile{f}, nil
}

// write records the child that was just started.
func (p *pidFile) write(pid int, dir, mark string) error {
	started, _ := startOf(pid) // unknown when it has ended already; nothing matches that
	b, err := json.Marshal(left{PID: pid, Started: started, Dir: dir, Mark: mark})
	if err != nil {
		return err
	}
	return p.replace(b)
}

func (p *pidFile) replace(b []byte) error {
	if err := p.f.Truncate(0); err != nil {
		return fmt.Errorf("record InfluxDB's process: %w", err)
	}
	if _, err := p.f.WriteAt(b, 0); err != nil {
		return fmt.Errorf("record InfluxDB's process: %w", err)
	}
	return nil
}

// close empties the record and gives the lock back. The file stays: removing it
// would let two owners lock two files of one name.
func (p *pidFile) close() error {
	return errors.Join(p.replace(nil), p.f.Close())
}

// endOrphan ends the child that the record names, if it is still there. A
// process that only shares its pid, or its port, is left alone.
func (p *pidFile) endOrphan(dir string, logger *slog.Logger) error {
	b, err := io.ReadAll(io.NewSectionReader(p.f, 0, 1<<16))
	if err != nil {
		return fmt.Errorf("read the record of InfluxDB's process: %w", err)
	}
	var l left
	if json.Unmarshal(b, &l) != nil || l.Dir != dir || !l.alive() {
		return nil // no record, one cut by a crash, a folder that was copied, or nobody there
	}
	logger.Warn("ending the InfluxDB that a crash left behind", "pid", l.PID)
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, stopGrace}, {syscall.SIGKILL, stopGrace}} {
		if err := syscall.Kill(l.PID, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("end the InfluxDB that a crash left behind (pid %d): %w", l.PID, err)
		}
		if l.awaitEnd(step.wait) {
			return nil
		}
	}
	return fmt.Errorf("the InfluxDB that a crash left behind (pid %d) does not end: end it by hand", l.PID)
}

// alive tells whether the process of the record runs: same pid, same start
// time, same data path.
func (l *left) alive() bool { return l.running() && l.Mark != "" && hasSetting(l.PID, l.Mark) }

// running compares pid and start time only: a process that is ending loses its
// environment before its files and its port.
func (l *left) running() bool {
	started, ok := startOf(l.PID)
	return ok && l.Started != "" && started == l.Started
}

func (l *left) awaitEnd(limit time.Duration) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); <-tick.C {
		if !l.running() {
			return true
		}
	}
	return !l.running()
}
