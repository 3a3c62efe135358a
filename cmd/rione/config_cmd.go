package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rione/cmd/rione/config"
)

// loadConfig reads the configuration; what is wrong with it is wrong usage.
func loadConfig(c *cobra.Command) (config.Config, error) {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return cfg, usageError{fmt.Errorf("configuration: %w", err)}
	}
	for _, name := range cfg.Unknown() {
		fmt.Fprintf(c.ErrOrStderr(), "rione: %s is not a setting and is passed over; `rione config` lists them\n", name)
	}
	return cfg, nil
}

func newConfig() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "config", Short: "Print the configuration, secrets redacted", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		if !asJSON {
			return cfg.Print(c.OutOrStdout())
		}
		out := map[string]string{}
		for _, f := range cfg.Fields() {
			out[f.Prefixed()] = f.Text()
		}
		return printJSON(c, out)
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func jsonFlag(cmd *cobra.Command, v *bool) { cmd.Flags().BoolVar(v, "json", false, "print JSON") }

// showsJSON marks a command that prints JSON anyway, so that scripts may ask
// every command that shows something for it.
func showsJSON(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Bool("json", true, "print JSON, as it does without this flag too")
	return cmd
}

func printJSON(c *cobra.Command, v any) error {
	e := json.NewEncoder(c.OutOrStdout())
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
