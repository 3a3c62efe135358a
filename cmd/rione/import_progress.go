package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// progress is the file beside an imported one that says how many of its lines are
// done. Without a path nothing is kept.
type progress struct {
	path string
	size int64 // of the imported file
	time int64 // when that was changed, Unix nanoseconds
}

// openProgress returns how many lines of a file are done already. What was noted of
// a file that has changed since counts for nothing, nor does what is damaged: lines
// that are brought in twice change nothing.
func openProgress(f *os.File, tell io.Writer) (p progress, done int, err error) {
	info, err := f.Stat()
	if err != nil {
		return p, 0, err
	}
	p = progress{path: f.Name() + ".progress", size: info.Size(), time: info.ModTime().UnixNano()}
	noted, err := os.ReadFile(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return p, 0, nil
	}
	if err != nil {
		return p, 0, err
	}
	var size, changed int64
	if _, err := fmt.Sscanf(string(noted), "%d %d %d\n", &done, &size, &changed); err != nil || size != p.size || changed != p.time {
		fmt.Fprintf(tell, "beginning anew: %s is of another file, or damaged\n", p.path)
		return p, 0, nil
	}
	fmt.Fprintf(tell, "going on after line %d; delete %s to begin anew\n", done, p.path)
	return p, done, nil
}

// note says that the file is done up to a line. After an error nothing more is noted.
func (p *progress) note(line int) error {
	if p.path == "" {
		return nil
	}
	err := os.WriteFile(p.path, fmt.Appendf(nil, "%d %d %d\n", line, p.size, p.time), 0o600)
	if err != nil {
		p.path = ""
	}
	return err
}

// end forgets the progress of a file that is done.
func (p *progress) end() error {
	if p.path == "" {
		return nil
	}
	if err := os.Remove(p.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
