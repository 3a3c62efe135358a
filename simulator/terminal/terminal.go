// Package terminal shows a run of the simulator to a person: a live bar on a
// terminal, plain lines elsewhere, and a table at the end; or JSON to a program.
package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"rione/simulator"
)

// Options of a view.
type Options struct {
	Quiet bool // no progress, only the summary
	JSON  bool // the summary as JSON on Out
}

// View shows one run. Its methods are called one after the other.
type View struct {
	o         Options
	out, news io.Writer
	live      bool // news is a terminal
	bar       *progressbar.ProgressBar
	phase     simulator.Phase
	before    simulator.Progress
}

// New returns a view that writes the summary to out and progress to news, such
// as standard output and standard error.
func New(out, news io.Writer, o Options) *View {
	f, isFile := news.(*os.File)
	return &View{o: o, out: out, news: news, live: isFile && term.IsTerminal(int(f.Fd()))}
}

// Progress shows where the run stands; it is a simulator.Options.Progress.
func (v *View) Progress(p simulator.Progress) {
	switch {
	case v.o.Quiet:
	case v.live:
		v.draw(p)
	default:
		fmt.Fprintln(v.news, line(p, v.before))
	}
	v.before = p
}

// draw moves the bar of the phase; each phase has one of its own.
func (v *View) draw(p simulator.Progress) {
	done, all := extent(p)
	if v.bar == nil || p.Phase != v.phase {
		if v.bar != nil {
			_ = v.bar.Finish() // a terminal that is gone concerns nobody
		}
		if all <= 0 {
			all = -1 // a spinner
		}
		v.phase, v.bar = p.Phase, progressbar.NewOptions64(all, progressbar.OptionSetWriter(v.news),
			progressbar.OptionSetWidth(30), progressbar.OptionOnCompletion(func() { fmt.Fprintln(v.news) }))
	}
	v.bar.Describe(line(p, v.before))
	_ = v.bar.Set64(done)
}

// extent returns how far a phase is, and how far it goes; 0 = no end is known.
func extent(p simulator.Progress) (done, all int64) {
	switch p.Phase {
	case simulator.Connecting:
		return int64(p.Connected), int64(p.Connections)
	case simulator.Publishing:
		return p.Published, p.Planned
	case simulator.Draining:
		return p.Acked, p.Published
	}
	return int64(p.Verified), int64(p.Devices)
}

// line says where a run stands in one line. before is where it stood when the
// last line was made.
func line(p, before simulator.Progress) string {
	switch p.Phase {
	case simulator.Connecting:
		return fmt.Sprintf("connecting  %d of %d", p.Connected, p.Connections)
	case simulator.Draining:
		return fmt.Sprintf("draining    acked %d of %d", p.Acked, p.Published)
	case simulator.Verifying:
		return fmt.Sprintf("verifying   %d of %d devices", p.Verified, p.Devices)
	}
	rate := 0.0
	if step := p.Elapsed - before.Elapsed; before.Phase == p.Phase && step > 0 {
		rate = float64(p.Published-before.Published) / step.Seconds()
	}
	at := p.Elapsed.Round(time.Second).String()
	if p.For > 0 {
		at += " of " + p.For.String()
	}
	out := fmt.Sprintf("publishing  %s  %.0f/s  published %d  acked %d  waiting %d", at, rate, p.Published, p.Acked, p.Published-p.Acked)
	if p.Acked > 0 {
		out += fmt.Sprintf("  ack p50 %.0f p99 %.0f ms  lag p99 %.0f ms", p.AckP50MS, p.AckP99MS, p.LagP99MS)
	}
	if p.Refused > 0 {
		out += fmt.Sprintf("  refused %d", p.Refused)
	}
	if p.Breaks > 0 {
		out += fmt.Sprintf("  breaks %d", p.Breaks)
	}
	return out
}

// Summary shows what the run found.
func (v *View) Summary(s *simulator.Summary) error {
	if v.bar != nil {
		_ = v.bar.Finish()
	}
	if v.o.JSON {
		if err := json.NewEncoder(v.out).Encode(s); err != nil {
			return fmt.Errorf("write the summary: %w", err)
		}
		return nil
	}
	if _, err := io.WriteString(v.out, s.String()); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return nil
}
