package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/dashboards"
)

// grafanaAgain is how soon a Grafana that does not answer at the start is asked
// again.
const grafanaAgain = 15 * time.Second

// keeper keeps one organisation: it applies once, and then tells what people change by
// hand. It undoes nothing then: `rione dashboards apply` does.
type keeper struct {
	reconciler *dashboards.Reconciler
	watch      time.Duration // between two looks
	drift      prometheus.Gauge
	byHand     string // folder that keeps what the first apply undoes
	log        *slog.Logger

	told map[string]bool // what is changed by hand now, and was told
}

// run keeps the organisation until ctx ends. A Grafana that does not answer is asked
// again.
func (k *keeper) run(ctx context.Context) {
	for applied, wait := false, grafanaAgain; ; {
		var err error
		if !applied {
			err = k.apply(ctx)
		}
		if err == nil {
			if !applied {
				k.log.Info("dashboards are in Grafana")
			}
			applied, wait = true, k.watch
			err = k.look(ctx)
		}
		if err != nil && ctx.Err() == nil {
			k.log.Error("Grafana is not as it should be; it is tried again", "error", err, "again_in", wait)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// apply brings Grafana to what is shipped. What people changed by hand while nobody
// watched is kept in a folder first.
func (k *keeper) apply(ctx context.Context) error {
	p, err := k.reconciler.Plan(ctx)
	if err != nil {
		return fmt.Errorf("%w; check RIONE_GRAFANA_URL and the token, then run `rione dashboards apply`", err)
	}
	dir := filepath.Join(k.byHand, time.Now().UTC().Format("2006-01-02T150405Z"))
	kept, err := p.Drift().ExportLive(dir)
	if err != nil {
		return fmt.Errorf("nothing is applied, since what was changed by hand could not be kept: %w", err)
	}
	if kept > 0 {
		k.log.Warn("dashboards that were changed by hand are as shipped again; how they were is kept", "dashboards", kept, "folder", dir)
	}
	return k.reconciler.Apply(ctx, p)
}

// look tells what was changed by hand since the look before.
func (k *keeper) look(ctx context.Context) error {
	p, err := k.reconciler.Drift(ctx)
	if err != nil {
		return err
	}
	k.drift.Set(float64(len(p.Changes)))
	before := k.told
	k.told = map[string]bool{}
	for _, c := range p.Changes {
		if k.told[c.String()] = true; !before[c.String()] {
			k.log.Warn("changed by hand in Grafana; `rione dashboards drift` shows how, `rione dashboards apply` undoes it", "resource", c.String())
		}
	}
	return nil
}
