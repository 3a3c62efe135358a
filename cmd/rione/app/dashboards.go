package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"rione/cmd/rione/config"
	"rione/dashboards"
	"rione/dashboards/grafana"
	"rione/geo"
)

// StoreOf returns where the InfluxDB of a configuration is and the token to
// read it, as far as that is known before the first start.
func StoreOf(c config.Config) (url, token string) {
	if c.InfluxURL != "" {
		return c.InfluxURL, c.InfluxToken
	}
	url = "http://" + c.InfluxListen
	if at, err := Running(c.DataDir); err == nil {
		url = at.Influx
	}
	b, err := os.ReadFile(filepath.Join(c.DataDir, "influx.token"))
	if err != nil {
		return url, "" // rione has not run yet
	}
	return url, strings.TrimSpace(string(b))
}

// ComuneNames returns the names of the comuni in the table, by ISTAT code.
func ComuneNames() map[string]string {
	out := map[string]string{}
	for _, c := range geo.Comuni() {
		out[c.Code] = c.Name
	}
	return out
}

// applyDashboards brings Grafana to what is shipped, once at the start.
func (a *App) applyDashboards(ctx context.Context) error {
	c := &a.opt.Config
	set, err := dashboards.Shipped(dashboards.Config{InfluxURL: a.store.url, InfluxToken: a.store.token, Comuni: ComuneNames()})
	if err != nil {
		return err
	}
	client, err := grafana.New(grafana.Options{URL: c.GrafanaURL, Token: c.GrafanaToken, Logger: a.log})
	if err != nil {
		return err
	}
	r, err := dashboards.NewReconciler(client, set)
	if err != nil {
		return err
	}
	p, err := r.Plan(ctx)
	if err != nil {
		return fmt.Errorf("%w; check RIONE_GRAFANA_URL and RIONE_GRAFANA_TOKEN, then run `rione dashboards apply`", err)
	}
	if err := r.Apply(ctx, p); err != nil {
		return err
	}
	a.log.Info("dashboards are in Grafana", "changed", len(p.Changes), "unchanged", p.Unchanged)
	return nil
}
