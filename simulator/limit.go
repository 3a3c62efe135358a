package simulator

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Search says how to look for the largest load that passes.
type Search struct {
	From   float64       // messages a second to begin with
	To     float64       // at most; 0 = MaxRate
	Within float64       // how close to come, as a share; 0 = 0.1
	Time   time.Duration // no further step begins after it; 0 = 5 min
	Try    func(ctx context.Context, rate float64) (Step, error)
	Tell   func(Step) // called after each step; nil = nobody looks
}

// Step is one try.
type Step struct {
	Rate       float64 `json:"rate_per_s"`
	Pass       bool    `json:"pass"`
	Overloaded bool    `json:"generator_overloaded"` // it failed, and the generator may be why
	Why        string  `json:"why,omitempty"`        // the first check that failed
	QueryP99MS float64 `json:"queryable_p99_ms"`
}

// Found is what a search came to.
type Found struct {
	Rate  float64 `json:"rate_per_s"` // the largest that passed; 0 = none did
	Steps []Step  `json:"steps"`
	// Generator: the first load that did not pass overloaded the generator, so
	// the limit may be its own.
	Generator bool `json:"generator_is_the_limit"`
}

const (
	searchTime   = 5 * time.Minute
	searchWithin = 0.1
)

// FindLimit doubles the load until it fails, and then halves the gap between
// what passed and what did not.
func FindLimit(ctx context.Context, s Search) (*Found, error) {
	if s.Try == nil || s.From <= 0 {
		return nil, errors.New("find the limit: where to begin, and what to try?")
	}
	s = s.withDefaults()
	out, end := &Found{}, time.Now().Add(s.Time)
	lo, hi := 0.0, 0.0 // the largest that passed, the smallest that did not
	for rate := s.From; time.Now().Before(end) && ctx.Err() == nil; {
		step, err := s.Try(ctx, rate)
		if err != nil {
			return out, fmt.Errorf("find the limit at %.0f messages a second: %w", rate, err)
		}
		out.Steps = append(out.Steps, step)
		s.Tell(step)
		if step.Pass {
			lo = rate
		} else {
			hi, out.Generator = rate, step.Overloaded
		}
		if out.Rate = lo; hi == 0 && lo >= s.To || hi > 0 && hi-lo <= s.Within*hi {
			break
		}
		rate = next(lo, hi, s.To)
	}
	return out, ctx.Err()
}

// next returns what to try after lo passed and hi did not; 0 = unknown.
func next(lo, hi, most float64) float64 {
	if hi == 0 {
		return min(2*lo, most)
	}
	return (lo + hi) / 2
}

func (s Search) withDefaults() Search {
	if s.To == 0 {
		s.To = MaxRate
	}
	if s.Within == 0 {
		s.Within = searchWithin
	}
	if s.Time == 0 {
		s.Time = searchTime
	}
	if s.Tell == nil {
		s.Tell = func(Step) {}
	}
	return s
}

// StepOf judges a run as a step of a search.
func StepOf(rate float64, s *Summary, checks []Check) Step {
	out := Step{Rate: rate, Pass: Pass(checks), QueryP99MS: s.QueryableMS.P99, Overloaded: s.GeneratorOverloaded}
	for _, c := range checks {
		if !c.Pass {
			out.Why = fmt.Sprintf("%s: want %s, got %s", c.Name, c.Want, c.Got)
			break
		}
	}
	return out
}

// NaturalRate returns the messages a second that the city's devices send at
// their own intervals.
func (c *City) NaturalRate() float64 { return c.naturalRate() }
