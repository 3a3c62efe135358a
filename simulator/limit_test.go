package simulator_test

import (
	"context"
	"errors"
	"testing"

	"rione/simulator"
)

func TestTheLimitIsFound(t *testing.T) {
	f := func(limit, to, from, lo, hi float64, most int) {
		t.Helper()
		told := 0
		got, err := simulator.FindLimit(t.Context(), simulator.Search{
			From: from, To: to, Tell: func(simulator.Step) { told++ },
			Try: func(_ context.Context, rate float64) (simulator.Step, error) {
				return simulator.Step{Rate: rate, Pass: rate <= limit, Overloaded: rate > 5000}, nil
			},
		})
		if err != nil || got.Rate < lo || got.Rate > hi || len(got.Steps) > most || told != len(got.Steps) {
			t.Errorf("a limit of %g: found %+v, %v", limit, got, err)
		}
		if got.Generator != (limit < to && limit > 5000) {
			t.Errorf("a limit of %g: the generator is the limit: %v", limit, got.Generator)
		}
	}
	f(1000, 1e6, 100, 900, 1000, 10)
	f(1000, 500, 100, 500, 500, 5) // nobody asked for more
	f(70, 1e6, 100, 60, 70, 10)    // the first try fails
	f(6000, 1e6, 100, 5000, 6000, 14)
}

func TestASearchEnds(t *testing.T) {
	broken := errors.New("no broker")
	got, err := simulator.FindLimit(t.Context(), simulator.Search{From: 1, Try: func(_ context.Context, rate float64) (simulator.Step, error) {
		if rate > 3 {
			return simulator.Step{}, broken
		}
		return simulator.Step{Rate: rate, Pass: true}, nil
	}})
	if !errors.Is(err, broken) || got.Rate != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	_, err = simulator.FindLimit(ctx, simulator.Search{From: 1, Try: func(_ context.Context, rate float64) (simulator.Step, error) {
		stop()
		return simulator.Step{Rate: rate, Pass: true}, nil
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after an interruption: %v", err)
	}
	if _, err := simulator.FindLimit(t.Context(), simulator.Search{}); err == nil {
		t.Error("a search for nothing")
	}
}

func TestAStepSaysWhy(t *testing.T) {
	s := &simulator.Summary{GeneratorOverloaded: true}
	got := simulator.StepOf(10, s, []simulator.Check{{Name: "a", Pass: true}, {Name: "lost", Want: "0", Got: "3"}, {Name: "wrong"}})
	if got.Pass || got.Why != "lost: want 0, got 3" || !got.Overloaded {
		t.Errorf("%+v", got)
	}
}
