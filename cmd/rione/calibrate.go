package main

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newDevicesCalibrate() *cobra.Command {
	var gain, offset float64
	var from, note string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "calibrate DEVICE FIELD --from T [--gain G] [--offset O]", Short: "Correct what a device measures, from a time on",
		Long: "The value becomes value·gain + offset in the canonical unit of the field, until the next calibration of the field;\n" +
			"gain 1 and offset 0 end a correction. FIELD is a field (pm25_ugm3) or measurement.field (air.temp_c).\n" +
			"What is stored since T is stated anew from the journal. `rione tail` shows what was corrected, and why.",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			at, err := instant("from", from, time.Now())
			switch {
			case err == nil && at.IsZero():
				err = errors.New("--from start has no date; say from when on the calibration holds")
			case err == nil && !c.Flags().Changed("gain") && !c.Flags().Changed("offset"):
				err = errors.New("say --gain, --offset or both")
			}
			if err != nil {
				return usageError{err}
			}
			request := map[string]any{"field": args[1], "gain": gain, "offset": offset, "from": at, "note": note}
			return withClient(c, func(cl *client) error {
				var out api.Correction
				if err := cl.post(c.Context(), "/v1/devices/"+url.PathEscape(args[0])+"/calibrations", request, &out); err != nil {
					return err
				}
				return finishCorrection(c, cl, out, asJSON)
			})
		},
	}
	cmd.Flags().Float64Var(&gain, "gain", 1, "the value is multiplied by it")
	cmd.Flags().Float64Var(&offset, "offset", 0, "then this is added, in the canonical unit")
	cmd.Flags().StringVar(&from, "from", "", "device time from which on it holds: a time, a date, or how long ago")
	cmd.Flags().StringVar(&note, "note", "", "why, such as a certificate")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// finishCorrection waits for the restatement that a correction began. Where none
// could be begun the correction holds for what comes, and the exit code says
// that something is left to do.
func finishCorrection(c *cobra.Command, cl *client, out api.Correction, asJSON bool) error {
	if out.Todo != "" {
		return fmt.Errorf("the registry has it, for what comes from now on; %s", out.Todo)
	}
	if out.Replay == nil {
		fmt.Fprintln(c.ErrOrStderr(), "nothing is stored of that time yet")
		return nil
	}
	v, err := watchReplay(c.Context(), cl, *out.Replay, c.ErrOrStderr())
	if err != nil {
		return err
	}
	return printReplay(c, v, asJSON)
}
