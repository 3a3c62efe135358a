package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

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

// grafanaAgain is how soon a Grafana that does not answer at the start is asked
// again.
const grafanaAgain = 15 * time.Second

// keepDashboards applies what is shipped to every organisation and then watches
// for what people change by hand. It undoes nothing: `rione dashboards apply` does.
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
		a.work("dashboards", func(ctx context.Context) error {
			return a.keepOrganisation(ctx, &o, r, drift.WithLabelValues(o.Name))
		})
	}
	return nil
}

// keepOrganisation keeps one organisation until ctx ends. A Grafana that does
// not answer is asked again.
func (a *App) keepOrganisation(ctx context.Context, o *Organisation, r *dashboards.Reconciler, drift prometheus.Gauge) error {
	log := a.log.With("organisation", o.Name)
	for applied, wait := false, grafanaAgain; ; {
		var err error
		if !applied {
			err = applyOnce(ctx, r)
		}
		if err == nil {
			if !applied {
				log.Info("dashboards are in Grafana")
			}
			applied, wait = true, a.opt.Config.GrafanaWatch
			err = a.lookForDrift(ctx, o, r, drift)
		}
		if err != nil && ctx.Err() == nil {
			log.Error("Grafana is not as it should be; it is tried again", "error", err, "again_in", wait)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

func applyOnce(ctx context.Context, r *dashboards.Reconciler) error {
	p, err := r.Plan(ctx)
	if err != nil {
		return fmt.Errorf("%w; check RIONE_GRAFANA_URL and the token, then run `rione dashboards apply`", err)
	}
	return r.Apply(ctx, p)
}

func (a *App) lookForDrift(ctx context.Context, o *Organisation, r *dashboards.Reconciler, drift prometheus.Gauge) error {
	p, err := r.Drift(ctx)
	if err != nil {
		return err
	}
	drift.Set(float64(len(p.Changes)))
	for _, c := range p.Changes {
		a.log.Warn("changed by hand in Grafana; `rione dashboards drift` shows how, `rione dashboards apply` undoes it",
			"organisation", o.Name, "resource", c.String())
	}
	return nil
}
