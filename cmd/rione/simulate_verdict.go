package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rione/simulator"
	"rione/simulator/report"
	"rione/simulator/scenario"
	"rione/simulator/terminal"
)

// verdict is what is to be made of a run: limits to keep, and files to write.
type verdict struct {
	ackP99, queryableP99 time.Duration
	lag                  time.Duration
	minRate              float64
	report, junit        string
	quiet, asJSON        bool
}

func (o *verdict) flags(f *pflag.FlagSet) {
	f.DurationVar(&o.ackP99, "ack-p99", 0, "longest publish → ack, 99th percentile")
	f.DurationVar(&o.queryableP99, "queryable-p99", 0, "longest publish → queryable, 99th percentile")
	f.Float64Var(&o.minRate, "min-rate", 0, "messages published a second, at least")
	f.DurationVar(&o.lag, "generator-lag", 0, "longest that this program may be behind its schedule, 99th percentile (default 100ms); beyond it the figures are its own")
	f.StringVar(&o.report, "report", "", "write a report to this file, one HTML page that needs nothing else")
	f.StringVar(&o.junit, "junit", "", "write the checks to this file, as JUnit does")
	f.BoolVar(&o.quiet, "quiet", false, "no progress, only the summary")
}

// limits returns the scenario's limits as the flags change them.
func (o *verdict) limits(play *scenario.Scenario) simulator.Limits {
	l := play.Limits.Checks()
	if o.ackP99 > 0 {
		l.AckP99 = o.ackP99
	}
	if o.queryableP99 > 0 {
		l.QueryableP99 = o.queryableP99
	}
	if o.lag > 0 {
		l.Lag = o.lag
	}
	if o.minRate > 0 {
		l.MinRate = o.minRate
	}
	return l
}

// judge checks a run, writes what is to be written, and fails when the run does.
func (o *verdict) judge(c *cobra.Command, sum *simulator.Summary, l simulator.Limits, play *scenario.Scenario, against string) error {
	checks := sum.Checks(l)
	name := play.Name
	if name == "" {
		name = "simulation"
	}
	err := errors.Join(
		writeTo(o.junit, func(w io.Writer) error { return simulator.WriteJUnit(w, name, checks) }),
		writeTo(o.report, func(w io.Writer) error {
			r := report.Report{Title: play.Title, About: play.About, Target: against, Made: time.Now(), Version: "rione " + version, Checks: checks, Summary: sum}
			if r.Title == "" {
				r.Title = fmt.Sprintf("A city of %d devices", sum.Devices)
			}
			return r.WriteHTML(w)
		}))
	if err != nil {
		return err
	}
	for _, check := range checks {
		if !check.Pass {
			fmt.Fprintf(c.ErrOrStderr(), "FAIL  %s: want %s, got %s\n", check.Name, check.Want, check.Got)
		}
	}
	if !simulator.Pass(checks) {
		return silentError{}
	}
	return nil
}

// writeTo writes a file; "" writes none.
func writeTo(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

func newSimulateMerge() *cobra.Command {
	var o verdict
	cmd := &cobra.Command{
		Use: "merge FILE…", Short: "Add up the JSON summaries of the parts of a run", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			var parts []*simulator.Summary
			for _, file := range files {
				text, err := readFile(c, file)
				if err != nil {
					return err
				}
				part := &simulator.Summary{}
				if err := json.Unmarshal(text, part); err != nil {
					return usageError{fmt.Errorf("%s is no summary: %w", file, err)}
				}
				parts = append(parts, part)
			}
			sum, err := simulator.Merge(parts)
			if err != nil {
				return usageError{err}
			}
			if err := terminal.New(c.OutOrStdout(), c.ErrOrStderr(), terminal.Options{Quiet: true, JSON: o.asJSON}).Summary(sum); err != nil {
				return err
			}
			play := &scenario.Scenario{}
			return o.judge(c, sum, o.limits(play), play, fmt.Sprintf("%d parts", len(parts)))
		},
	}
	o.flags(cmd.Flags())
	jsonFlag(cmd, &o.asJSON)
	return cmd
}
