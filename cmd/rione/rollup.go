package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newRollup() *cobra.Command {
	cmd := &cobra.Command{Use: "rollup", Short: "Windows of 15 minutes, hours, days and months"}
	var asJSON bool
	status := &cobra.Command{Use: "status", Short: "How far the windows are", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return withClient(c, func(cl *client) error {
			var s api.RollupStatus
			if err := cl.get(c.Context(), "/v1/rollups", nil, &s); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, s)
			}
			until := "not begun"
			if !s.Until.IsZero() {
				until = s.Until.Format(time.RFC3339)
			}
			fmt.Fprintf(c.OutOrStdout(), "made until  %s\nbehind      %v\nlate        %d notes of late readings wait\n",
				until, time.Duration(s.Behind*float64(time.Second)), s.Late)
			if !s.Places.IsZero() {
				fmt.Fprintf(c.OutOrStdout(), "places      hours since %s; older ones are being made\n", s.Places.Format(time.RFC3339))
			}
			if s.Failure != "" {
				fmt.Fprintf(c.OutOrStdout(), "failed      %s\n", s.Failure)
				return silentError{}
			}
			return nil
		})
	}}
	jsonFlag(status, &asJSON)
	cmd.AddCommand(status, newRollupRedo())
	return cmd
}
