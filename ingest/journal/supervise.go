package journal

import (
	"context"
	"time"
)

const (
	healthEvery = 500 * time.Millisecond
	// roomToRestart is what has to be free before a failed store is opened
	// again; with less it would fail again at once.
	roomToRestart = 2 * maxPayload
	// failedFor is how many checks in a row must fail: a stream that is being
	// made is reported as one that could not be recovered, for a moment.
	failedFor = 6
)

// supervise starts the engine again when its store has failed, until ctx ends.
// Acknowledged records are intact; connections reconnect by themselves.
func (e *Engine) supervise(ctx context.Context) {
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	for failed := 0; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		err := e.Healthy()
		if err == nil {
			failed = 0
			continue
		}
		failed++
		if failed == failedFor {
			e.opt.Logger.Error("journal store failed; it is opened again once there is room on the disk", "error", err, "needs_bytes", roomToRestart)
		}
		if failed >= failedFor && freeBytes(e.opt.Dir) >= roomToRestart {
			e.restart(ctx)
			failed = 0
		}
	}
}

func (e *Engine) restart(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	e.shutdown()
	if err := e.start(ctx); err != nil {
		e.opt.Logger.Error("journal engine did not come back; it is tried again", "error", err)
		return
	}
	e.opt.Logger.Info("journal engine is back")
}
