package main

import (
	"context"
	"time"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
)

// examineTargets asks the InfluxDBs of comuni of their own.
func examineTargets(ctx context.Context, cfg config.Config) (out []finding) {
	stores := app.StoresOf(cfg)[1:] // the first is that of all the others
	for i, t := range cfg.Targets() {
		f := askStore(ctx, "InfluxDB "+t.String(), stores[i])
		if !f.Well {
			f.Advice += "; its lines are parked until then, the other comuni are not held up"
		}
		out = append(out, f)
	}
	return out
}

// askStore asks an InfluxDB for its buckets, so that it has to answer, and to take
// the token.
func askStore(ctx context.Context, what string, store app.Store) finding {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := retain(ctx, store, false); err != nil {
		return finding{What: what, Advice: unreached(err, store.URL).Error()}
	}
	return finding{What: what, Well: true}
}
