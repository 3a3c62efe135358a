package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/dashboards"
)

func newInitiatives() *cobra.Command {
	cmd := &cobra.Command{
		Use: "initiatives", Short: "Programmes of administrations: what they want to reach",
		Long: "An initiative is a JSON file. `rione initiatives export DIR` writes those that rione brings; change them, `check` them,\n" +
			"and let RIONE_INITIATIVES name their folder: its files then take the place of those that rione brings.",
	}
	cmd.AddCommand(newInitiativesList(), newInitiativesCheck(), newInitiativesExport())
	return cmd
}

// initiativeView is an initiative in a list, for --json.
type initiativeView struct {
	ID         string          `json:"id"`
	Title      dashboards.Text `json:"title"`
	Comuni     []string        `json:"comuni"`
	Indicators []string        `json:"indicators"`
}

func viewsOf(all []dashboards.Initiative) []initiativeView {
	out := make([]initiativeView, len(all))
	for k, i := range all {
		out[k] = initiativeView{ID: i.ID, Title: i.Title, Comuni: i.Comuni, Indicators: []string{}}
		for _, n := range i.Indicators {
			out[k].Indicators = append(out[k].Indicators, n.ID)
		}
	}
	return out
}

func newInitiativesList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the initiatives", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		all, err := app.Initiatives(cfg)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c, viewsOf(all))
		}
		return printInitiatives(c, all)
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newInitiativesCheck() *cobra.Command {
	return &cobra.Command{Use: "check DIR", Short: "Tell what is wrong with the files of a folder, by file and line", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		all, err := dashboards.LoadInitiatives(os.DirFS(args[0]))
		if err != nil {
			return fmt.Errorf("folder %s:\n%w", args[0], err)
		}
		if _, err := dashboards.Shipped(dashboards.Config{InfluxURL: "http://influx:8086", Initiatives: all}); err != nil {
			return fmt.Errorf("the dashboards of folder %s:\n%w", args[0], err)
		}
		return printInitiatives(c, all)
	}}
}

func newInitiativesExport() *cobra.Command {
	return &cobra.Command{Use: "export DIR", Short: "Write the initiatives that rione brings, to begin with", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		n, err := dashboards.ExportInitiatives(args[0])
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%d initiatives written to %s; change them, `rione initiatives check %s`, then set RIONE_INITIATIVES=%s and restart\n",
			n, args[0], args[0], args[0])
		return nil
	}}
}

func printInitiatives(c *cobra.Command, all []dashboards.Initiative) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tTITLE\tCOMUNI\tINDICATORS")
	for _, i := range all {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", i.ID, i.Title.In(dashboards.Italian), len(i.Comuni), len(i.Indicators))
	}
	return w.Flush()
}
