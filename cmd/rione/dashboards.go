package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/dashboards"
)

func newDashboards() *cobra.Command {
	cmd := &cobra.Command{Use: "dashboards", Short: "Grafana dashboards as code"}
	cmd.AddCommand(
		newReconcile("plan", "Show what apply would change", func(c *cobra.Command, r *dashboards.Reconciler) (dashboards.Plan, error) {
			return r.Plan(c.Context())
		}),
		newReconcile("apply", "Bring Grafana to what is shipped; a second apply changes nothing", func(c *cobra.Command, r *dashboards.Reconciler) (dashboards.Plan, error) {
			p, err := r.Plan(c.Context())
			if err != nil {
				return p, err
			}
			return p, r.Apply(c.Context(), p)
		}),
		newDrift(), newExport(), newTenants(), newReport())
	return cmd
}

// newDrift also saves what people made by hand, so that it can be kept.
func newDrift() *cobra.Command {
	var dir string
	cmd := newReconcile("drift", "Show what was changed by hand", func(c *cobra.Command, r *dashboards.Reconciler) (dashboards.Plan, error) {
		p, err := r.Drift(c.Context())
		if err != nil || dir == "" {
			return p, err
		}
		return p, p.ExportLive(dir)
	})
	cmd.Flags().StringVar(&dir, "export", "", "write the dashboards as they are now to this folder")
	return cmd
}

// outcome is what a command found in one organisation, for --json.
type outcome struct {
	Organisation string `json:"organisation,omitempty"`
	dashboards.Plan
	Error string `json:"error,omitempty"`
}

// newReconcile makes a command that does f for every organisation, or for one.
// An organisation that fails does not keep the others from theirs.
func newReconcile(name, short string, f func(*cobra.Command, *dashboards.Reconciler) (dashboards.Plan, error)) *cobra.Command {
	var asJSON bool
	var only string
	cmd := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		organisations, err := organisations(c, only)
		if err != nil {
			return err
		}
		var errs []error
		outcomes := make([]outcome, len(organisations))
		for i := range organisations {
			p, err := reconcile(c, &organisations[i], f)
			outcomes[i] = outcome{Organisation: organisations[i].Name, Plan: p}
			if err != nil {
				outcomes[i].Error = err.Error()
				errs = append(errs, fmt.Errorf("%s%w", heading(organisations[i].Name), err))
			}
			if !asJSON {
				printOutcome(c, outcomes[i], i+1, len(organisations))
			}
		}
		if asJSON {
			errs = append(errs, printOutcomes(c, outcomes))
		}
		return errors.Join(errs...)
	}}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&only, "organisation", "", "only this tenant of RIONE_GRAFANA_TENANTS, or @NAME of RIONE_INFLUX_TARGETS")
	return cmd
}

func organisations(c *cobra.Command, only string) ([]app.Organisation, error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return nil, err
	}
	if cfg.GrafanaURL == "" {
		return nil, usageError{errors.New("set RIONE_GRAFANA_URL and RIONE_GRAFANA_TOKEN")}
	}
	all, err := app.Organisations(cfg)
	if err != nil || only == "" {
		return all, err
	}
	for _, o := range all {
		if o.Name == only {
			return []app.Organisation{o}, nil
		}
	}
	return nil, usageError{fmt.Errorf("RIONE_GRAFANA_TENANTS has no tenant %q, and RIONE_INFLUX_TARGETS no such target", only)}
}

func reconcile(c *cobra.Command, o *app.Organisation, f func(*cobra.Command, *dashboards.Reconciler) (dashboards.Plan, error)) (dashboards.Plan, error) {
	r, err := o.Reconciler()
	if err != nil {
		return dashboards.Plan{Changes: []dashboards.Change{}}, err
	}
	return f(c, r)
}

func heading(organisation string) string {
	if organisation == "" {
		return ""
	}
	return organisation + ": "
}

// printOutcome says what was found, under a heading where there are several.
func printOutcome(c *cobra.Command, o outcome, number, of int) {
	w := c.OutOrStdout()
	if of > 1 {
		name := o.Organisation
		if name == "" {
			name = "all comuni" // or those of no InfluxDB of their own
		}
		fmt.Fprintf(w, "[%d/%d] %s\n", number, of, name)
	}
	if o.Error == "" || len(o.Changes) > 0 {
		fmt.Fprint(w, o.Plan)
	}
}

// printOutcomes prints one object, or a list where there are several.
func printOutcomes(c *cobra.Command, all []outcome) error {
	if len(all) == 1 {
		return printJSON(c, all[0])
	}
	return printJSON(c, all)
}

func newExport() *cobra.Command {
	return &cobra.Command{Use: "export DIR", Short: "Write the dashboards as JSON files", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		all, err := app.Organisations(cfg)
		if err != nil {
			return err
		}
		for _, o := range all {
			set, err := dashboards.Shipped(o.Wanted)
			if err != nil {
				return err
			}
			dir := filepath.Join(args[0], o.Name)
			if err := dashboards.Export(set, dir); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s%d dashboards written to %s\n", heading(o.Name), len(set.Dashboards), dir)
		}
		return nil
	}}
}
