package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/dashboards"
)

func newDashboards() *cobra.Command {
	cmd := &cobra.Command{Use: "dashboards", Short: "Grafana dashboards as code"}
	cmd.AddCommand(newPlan(), newApply(), newDrift(), newExport(), newTenants(), newReport())
	return cmd
}

func newPlan() *cobra.Command {
	return newReconcile(reconcileCommand{
		name: "plan", short: "Show what apply would change; it changes nothing",
		do: func(c *cobra.Command, r *dashboards.Reconciler, _ *outcome) (dashboards.Plan, error) {
			return r.Plan(c.Context())
		},
		print: func(w io.Writer, o *outcome) {
			fmt.Fprint(w, o.Plan)
		},
		next: func(changes int) string {
			if changes == 0 {
				return "nothing to do"
			}
			return "`rione dashboards apply` makes these changes"
		},
	})
}

// newApply shows each change as it is made.
func newApply() *cobra.Command {
	return newReconcile(reconcileCommand{
		name: "apply", short: "Bring Grafana to what is shipped; a second apply changes nothing",
		do: func(c *cobra.Command, r *dashboards.Reconciler, o *outcome) (dashboards.Plan, error) {
			p, err := r.Plan(c.Context())
			if err != nil {
				return p, err
			}
			r.Progress = o.heard
			return p, r.Apply(c.Context(), p)
		},
		print: func(w io.Writer, o *outcome) { fmt.Fprint(w, o.sum()) },
	})
}

// newDrift also saves what people made by hand, so that it can be kept.
func newDrift() *cobra.Command {
	var dir string
	cmd := newReconcile(reconcileCommand{
		name: "drift", short: "Show what was changed by hand, from what was applied to what it is now",
		do: func(c *cobra.Command, r *dashboards.Reconciler, o *outcome) (dashboards.Plan, error) {
			p, err := r.Drift(c.Context())
			if err != nil || dir == "" {
				return p, err
			}
			o.Exported, err = p.ExportLive(filepath.Join(dir, o.Organisation))
			return p, err
		},
		print: func(w io.Writer, o *outcome) {
			fmt.Fprint(w, o.ByHand())
			if dir != "" {
				fmt.Fprintf(w, "%d dashboards written to %s as they are now\n", o.Exported, filepath.Join(dir, o.Organisation))
			}
		},
		next: func(changes int) string {
			switch {
			case changes == 0:
				return ""
			case dir == "":
				return "`rione dashboards drift --export DIR` saves the dashboards as they are now, `rione dashboards apply` undoes the changes"
			}
			return "`rione dashboards apply` undoes the changes"
		},
	})
	cmd.Flags().StringVar(&dir, "export", "", "write the dashboards as they are now to this folder, those of a tenant to a folder of its name in it")
	return cmd
}

func organisations(c *cobra.Command, only string) ([]app.Organisation, error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return nil, err
	}
	if cfg.GrafanaURL == "" || cfg.GrafanaToken == "" && cfg.GrafanaTenants == "" {
		return nil, usageError{errors.New("set RIONE_GRAFANA_URL, and RIONE_GRAFANA_TOKEN to the token of a service account with the role Admin")}
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
