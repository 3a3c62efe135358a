package main

import (
	"context"
	"time"

	"rione/cmd/rione/config"
	"rione/ingest/influx"
)

// examineTarget asks an InfluxDB of some comuni whether it is there.
func examineTarget(ctx context.Context, t config.Target) finding {
	f := finding{What: "InfluxDB " + t.String()}
	c, err := influx.NewClient(influx.Options{URL: t.URL, Token: t.Token, Org: t.Org, Timeout: 5 * time.Second})
	if err == nil {
		defer c.Close()
		err = c.Ready(ctx)
	}
	if err != nil {
		f.Advice = err.Error() + "; its lines are parked until it is there, the other comuni are not held up"
		return f
	}
	f.Well = true
	return f
}
