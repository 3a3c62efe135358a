package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rione/simulator"
	"rione/simulator/scenario"
)

// stepTime is how long each step of a search publishes.
const stepTime = 8 * time.Second

// firstRate is where a search begins, messages a second.
const firstRate = 200

// limitP99 is what a city that passes keeps to, unless flags say otherwise.
const limitP99 = time.Second

// search looks for the largest load of the city that passes. The load grows by
// playing the fleet faster: a rate is then so many devices at their own pace.
func (s *simulation) search(c *cobra.Command, city *simulator.City, o simulator.Options, play *scenario.Scenario) error {
	l := s.verdict.limits(play)
	if l.QueryableP99 == 0 || s.verdict.queryableP99 == 0 {
		l.QueryableP99 = limitP99
	}
	l.AckP99, l.MinRate = s.verdict.ackP99, 0
	size := func(rate float64) float64 { return rate / city.NaturalRate() * float64(len(city.Devices())) }
	o.Speed, o.Profile, o.For, o.Start = 0, nil, stepTime, time.Time{}
	o.Influx.Wait = 3 * stepTime
	found, err := simulator.FindLimit(c.Context(), simulator.Search{
		From: firstRate, Time: s.limitTime,
		Try: func(ctx context.Context, rate float64) (simulator.Step, error) {
			o.Rate = rate
			sum, err := simulator.Run(ctx, city, o)
			if err != nil {
				return simulator.Step{}, err
			}
			return simulator.StepOf(rate, sum, sum.Checks(l)), nil
		},
		Tell: func(step simulator.Step) {
			if !s.verdict.quiet {
				fmt.Fprintf(c.ErrOrStderr(), "%8.0f/s  %9.0f devices  queryable p99 %6.0f ms  %s\n", step.Rate, size(step.Rate), step.QueryP99MS, passed(step))
			}
		},
	})
	if err != nil {
		return err
	}
	return s.tellLimit(c, found, size(found.Rate), len(city.Devices()))
}

func passed(step simulator.Step) string {
	switch {
	case step.Pass:
		return "pass"
	case step.Overloaded:
		return "FAIL, and the generator was overloaded: " + step.Why
	}
	return "FAIL: " + step.Why
}

// tellLimit says what a search came to; a city that never passed is a failure.
func (s *simulation) tellLimit(c *cobra.Command, found *simulator.Found, size float64, connections int) error {
	if s.verdict.asJSON {
		if err := printJSON(c, found); err != nil {
			return err
		}
	} else if found.Rate > 0 {
		fmt.Fprintf(c.OutOrStdout(), "passes up to %.0f messages a second: a city of %.0f devices at their own intervals (played by %d)\n", found.Rate, size, connections)
	}
	if found.Generator {
		fmt.Fprintln(c.ErrOrStderr(), "what did not pass overloaded the generator on this machine, so the limit may be its own; play it from another machine, or in parts")
	}
	if found.Rate == 0 {
		fmt.Fprintln(c.ErrOrStderr(), "no load passed")
		return silentError{}
	}
	return nil
}
