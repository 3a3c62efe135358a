package app

import (
	"context"
	"time"

	"rione/api"
	"rione/devices"
	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/process"
	"rione/ingest/quarantine"
)

// startProcessing starts one processor for each partition of the journal.
func (a *App) startProcessing(ctx context.Context) error {
	a.latest = api.NewLatest(api.LatestOptions{})
	metrics := process.NewMetrics(a.metrics)
	_, js, err := a.stream("processing")
	if err != nil {
		return err
	}
	from, err := a.journal.Over(ctx, js)
	if err != nil {
		return err
	}
	requests := process.NewRequests(a.outlets, a.log, a.metrics)
	a.work("requests to devices", requests.Run)
	a.unknown = process.NewUnknownFields(a.log)
	if err := a.startReported(ctx, js); err != nil {
		return err
	}
	for range a.journal.Partitions() {
		a.progress = append(a.progress, process.NewProgress())
	}
	for partition := range a.journal.Partitions() {
		a.work("processing", func(ctx context.Context) error {
			a.processPartition(ctx, from, partition, metrics, requests)
			return nil
		})
	}
	a.work("approvals", a.replayApproved)
	return a.startReplays(ctx)
}

// processPartition runs one processor after the other: one that fails is
// followed by the next, which goes on where the journal was acknowledged last.
func (a *App) processPartition(ctx context.Context, from *journal.Journal, partition int, metrics *process.Metrics, requests *process.Requests) {
	for ctx.Err() == nil {
		err := a.processOnce(ctx, from, partition, metrics, requests)
		if err == nil || ctx.Err() != nil {
			continue
		}
		a.log.Error("processing failed and starts again", "partition", partition, "error", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

func (a *App) processOnce(ctx context.Context, from *journal.Journal, partition int, metrics *process.Metrics, requests *process.Requests) error {
	reader, err := from.Reader(ctx, partition)
	if err != nil {
		return err
	}
	targets, err := a.targets(ctx, partition)
	if err != nil {
		reader.Close()
		return err
	}
	o := a.pipeline(targets)
	o.Reader, o.Records, o.Pace, o.Metrics = reader, from, writePace, metrics
	o.Feeds = append(o.Feeds, a.watch.heard)
	o.Progress, o.Unknown = a.progress[partition], a.unknown
	o.Unbalanced = a.watch.own.unbalanced
	o.Reported = a.reported
	o.Listeners, o.Budget, o.Command = []process.Listener{a.desk}, budget{a.quota}, requests.Send
	p, err := process.New(o)
	if err != nil {
		reader.Close()
		return err
	}
	defer p.Close()
	a.processors.Add(1)
	defer a.processors.Add(-1)
	return p.Run(ctx)
}

// drain gives the processors a moment to finish what is in the journal. What
// they do not finish stays there for the next start.
func (a *App) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if s, err := a.journal.Status(ctx); err != nil || s.Pending == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// replayApproved replays the messages of devices that waited in quarantine
// until they were registered.
func (a *App) replayApproved(ctx context.Context) error {
	changes, cancel := a.registry.Watch()
	defer cancel()
	for {
		select {
		case s := <-changes:
			a.replayKnown(ctx, s)
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *App) replayKnown(ctx context.Context, s *devices.Snapshot) {
	var ids []string
	for _, e := range a.quarantine.List(quarantine.Filter{Reason: ingest.UnknownDevice}) {
		if s.Resolve(e.Device) != nil {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	n, err := a.quarantine.Replay(ctx, a.entry, quarantine.Filter{}, ids...)
	if err != nil && ctx.Err() == nil {
		a.log.Error("quarantine could not be replayed; `rione quarantine replay` tries again", "error", err)
		return
	}
	a.log.Info("messages of devices that are now registered were replayed", "messages", n)
}
