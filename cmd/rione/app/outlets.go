package app

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"rione/ingest"
)

// outlets are the doors that commands leave by. Doors open after processing
// began, so they are added as they come; a command for one that is not there yet
// fails, and is tried again by whoever keeps it.
type outlets struct {
	mu    sync.RWMutex
	doors map[string][]ingest.Commander // by name; there may be several external brokers
}

var _ ingest.Commander = (*outlets)(nil)

func newOutlets() *outlets { return &outlets{doors: make(map[string][]ingest.Commander)} }

// add opens a door for commands.
func (o *outlets) add(name string, door ingest.Commander) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doors[name] = append(o.doors[name], door)
}

// Publish implements ingest.Commander. Of several external brokers each gets the
// command, since a message does not say by which of them it came; one that takes
// it is enough.
func (o *outlets) Publish(ctx context.Context, c ingest.Command) error {
	o.mu.RLock()
	doors := o.doors[c.Door]
	o.mu.RUnlock()
	if len(doors) == 0 {
		return fmt.Errorf("commands do not leave by the door %q", c.Door)
	}
	var errs []error
	for _, door := range doors {
		if err := door.Publish(ctx, c); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) < len(doors) {
		return nil
	}
	return errors.Join(errs...)
}
