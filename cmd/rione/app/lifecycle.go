package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// lifecycle is a stack of named clean-ups. What was started last is stopped
// first; a start that fails half-way is undone by the same stack.
type lifecycle struct {
	mu    sync.Mutex
	steps []step
}

type step struct {
	name string
	stop func(ctx context.Context) error
}

// push names how to stop what was just started.
func (l *lifecycle) push(name string, stop func(ctx context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, step{name, stop})
}

// close runs the clean-ups in reverse and joins their errors. The context
// bounds each one that heeds it; a second call does nothing.
func (l *lifecycle) close(ctx context.Context) error {
	l.mu.Lock()
	steps := l.steps
	l.steps = nil
	l.mu.Unlock()
	var errs []error
	for i := len(steps) - 1; i >= 0; i-- {
		if err := steps[i].stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", steps[i].name, err))
		}
	}
	return errors.Join(errs...)
}

// stopLimit is how long everything together may take to stop.
const stopLimit = 4500 * time.Millisecond
