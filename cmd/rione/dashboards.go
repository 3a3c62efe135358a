package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/dashboards"
	"rione/dashboards/grafana"
)

func newDashboards() *cobra.Command {
	cmd := &cobra.Command{Use: "dashboards", Short: "Grafana dashboards as code"}
	cmd.AddCommand(
		newReconcile("plan", "Show what apply would change", func(c *cobra.Command, r *dashboards.Reconciler, asJSON bool) error {
			p, err := r.Plan(c.Context())
			if err != nil {
				return err
			}
			return printPlan(c, p, asJSON)
		}),
		newReconcile("apply", "Bring Grafana to what is shipped; a second apply changes nothing", func(c *cobra.Command, r *dashboards.Reconciler, asJSON bool) error {
			p, err := r.Plan(c.Context())
			if err != nil {
				return err
			}
			return errors.Join(r.Apply(c.Context(), p), printPlan(c, p, asJSON))
		}),
		newReconcile("drift", "Show what was changed by hand", func(c *cobra.Command, r *dashboards.Reconciler, asJSON bool) error {
			p, err := r.Drift(c.Context())
			if err != nil {
				return err
			}
			return printPlan(c, p, asJSON)
		}),
		newExport())
	return cmd
}

func printPlan(c *cobra.Command, p dashboards.Plan, asJSON bool) error {
	if asJSON {
		return printJSON(c, p)
	}
	_, err := fmt.Fprint(c.OutOrStdout(), p)
	return err
}

func newReconcile(name, short string, f func(*cobra.Command, *dashboards.Reconciler, bool) error) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		if cfg.GrafanaURL == "" {
			return usageError{errors.New("set RIONE_GRAFANA_URL and RIONE_GRAFANA_TOKEN")}
		}
		set, err := shipped(cfg)
		if err != nil {
			return err
		}
		client, err := grafana.New(grafana.Options{URL: cfg.GrafanaURL, Token: cfg.GrafanaToken})
		if err != nil {
			return err
		}
		r, err := dashboards.NewReconciler(client, set)
		if err != nil {
			return err
		}
		return f(c, r, asJSON)
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// shipped returns the dashboards for the store in use.
func shipped(cfg config.Config) (dashboards.Set, error) {
	url, token := app.StoreOf(cfg)
	return dashboards.Shipped(dashboards.Config{InfluxURL: url, InfluxToken: token, Comuni: app.ComuneNames()})
}

func newExport() *cobra.Command {
	return &cobra.Command{Use: "export DIR", Short: "Write the dashboards as JSON files", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		set, err := shipped(cfg)
		if err != nil {
			return err
		}
		if err := dashboards.Export(set, args[0]); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%d dashboards written to %s\n", len(set.Dashboards), args[0])
		return nil
	}}
}
