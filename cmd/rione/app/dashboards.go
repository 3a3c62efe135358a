package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

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

// Reconciler returns what brings the organisation to its wanted state.
func (o *Organisation) Reconciler() (*dashboards.Reconciler, error) {
	set, err := dashboards.Shipped(o.Wanted)
	if err != nil {
		return nil, err
	}
	client, err := grafana.New(o.Grafana)
	if err != nil {
		return nil, err
	}
	return dashboards.NewReconciler(client, set)
}

// keepDashboards applies what is shipped to every organisation and then watches
// for what people change by hand.
func (a *App) keepDashboards(ctx context.Context) error {
	organisations, err := Organisations(a.opt.Config)
	if err != nil {
		return err
	}
	drift := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "rione_dashboards_drift_resources", Help: "Resources in Grafana that were changed by hand.",
	}, []string{"organisation"})
	a.metrics.MustRegister(drift)
	for _, o := range organisations {
		o.Grafana.Logger = a.log
		r, err := o.Reconciler()
		if err != nil {
			return err
		}
		k := &keeper{
			reconciler: r, watch: a.opt.Config.GrafanaWatch, drift: drift.WithLabelValues(o.Name),
			byHand: filepath.Join(a.folder.Path("dashboards-by-hand"), o.Name), log: a.log.With("organisation", o.Name),
		}
		a.work("dashboards", func(ctx context.Context) error { k.run(ctx); return nil })
	}
	return nil
}
