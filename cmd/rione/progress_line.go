package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"rione/devices"
)

// redrawEvery is how often a line of progress is written within a stage.
const redrawEvery = 200 * time.Millisecond

// progressLine shows how far an import is, in one line that is written over, and
// goes on to the next when a stage is done.
type progressLine struct {
	w io.Writer

	mu    sync.Mutex
	stage devices.Stage
	ended bool // the stage is done and its line closed
	last  time.Time
}

func newProgressLine(w io.Writer) *progressLine { return &progressLine{w: w} }

// hear is a devices.Progress.
func (p *progressLine) hear(stage devices.Stage, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stage == stage && (p.ended || done < total && time.Since(p.last) < redrawEvery) {
		return
	}
	if p.stage != stage && p.stage != "" && !p.ended {
		fmt.Fprintln(p.w) // its last report never came
	}
	p.stage, p.ended, p.last = stage, done >= total, time.Now()
	what := map[devices.Stage]string{devices.Reading: "reading the file", devices.Hashing: "hashing secrets", devices.Storing: "storing devices"}[stage]
	fmt.Fprintf(p.w, "\r%s: %d of %d (%d %%)", what, done, total, 100*int64(done)/int64(max(total, 1)))
	if p.ended {
		fmt.Fprintln(p.w)
	}
}

// isTerminal tells whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
