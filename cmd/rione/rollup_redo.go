package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newRollupRedo() *cobra.Command {
	var since, until string
	var order api.RollupOrder
	var asJSON bool
	cmd := &cobra.Command{
		Use: "redo --since T [--until T] [--device D | --comune C]", Short: "Make windows again of what readings there are",
		Long: "For windows that were made with a wrong expected interval, or by an older version. T is a time, a date, how long ago (36h, 7d),\n" +
			"or start for the first reading. The running rione works it off in the background and goes on after a restart;\n" +
			"`rione rollup status` says what waits. Windows whose readings are no longer kept stay as they are. Repeating it does no harm.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if order.Since, err = instant("since", since, time.Now()); err != nil {
				return usageError{err}
			}
			if until != "" {
				if order.Until, err = instant("until", until, time.Now()); err != nil {
					return usageError{err}
				}
			}
			if len(order.Devices) > 0 && order.Comune != "" {
				return usageError{errors.New("say --device or --comune, not both")}
			}
			return withClient(c, func(cl *client) error {
				var done api.RollupOrdered
				if err := cl.post(c.Context(), "/v1/rollups/redo", order, &done); err != nil {
					return err
				}
				if asJSON {
					return printJSON(c, done)
				}
				fmt.Fprintln(c.OutOrStdout(), orderedText(done, order.DryRun))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "from when on: a time, a date, how long ago, or start")
	cmd.Flags().StringVar(&until, "until", "", "up to when; all that are made when empty")
	cmd.Flags().StringSliceVar(&order.Devices, "device", nil, "only these devices (may be repeated)")
	cmd.Flags().StringVar(&order.Comune, "comune", "", "only devices that stand there or once did, by ISTAT code")
	cmd.Flags().BoolVar(&order.DryRun, "dry-run", false, "only count what would be done")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// orderedText says what an order of windows comes to.
func orderedText(o api.RollupOrdered, dryRun bool) string {
	if o.Quarters == 0 {
		return "nothing to do: there are no readings of that time, or no windows yet"
	}
	does := map[bool]string{false: "ordered", true: "dry run, nothing is ordered"}[dryRun]
	return fmt.Sprintf("%s: %d devices, %d measurements, from %s to %s; at most %d quarters of an hour, and what is made of them",
		does, o.Devices, o.Measurements, o.Since.Format(time.RFC3339), o.Until.Format(time.RFC3339), o.Quarters)
}
