package main

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newDevicesInvalidate() *cobra.Command {
	var since, until, why string
	var fields []string
	var undo, asJSON bool
	cmd := &cobra.Command{
		Use: "invalidate DEVICE --since T --until T --why TEXT [--field F]", Short: "Set what a device measured in a period aside, or bring it back",
		Long: "Values of the period go to the measurement suspect, with who, when and why in the registry; `rione devices show` lists the periods.\n" +
			"--undo --since T takes the period that begins then back. What is stored is stated anew from the journal.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			from, to, err := period(since, until, why, undo)
			if err != nil {
				return usageError{err}
			}
			path := "/v1/devices/" + url.PathEscape(args[0]) + "/invalid"
			return withClient(c, func(cl *client) error {
				var out api.Correction
				if undo {
					err = cl.do(c.Context(), http.MethodDelete, path, url.Values{"since": {from.Format(time.RFC3339Nano)}}, "", nil, &out)
				} else {
					err = cl.post(c.Context(), path, map[string]any{"since": from, "until": to, "why": why, "fields": fields}, &out)
				}
				if err != nil {
					return err
				}
				return finishCorrection(c, cl, out, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "device time of the first value: a time, a date, or how long ago")
	cmd.Flags().StringVar(&until, "until", "", "device time of the first value that is good again")
	cmd.Flags().StringVar(&why, "why", "", "what happened")
	cmd.Flags().StringSliceVar(&fields, "field", nil, "only this field, or measurement.field (may be repeated)")
	cmd.Flags().BoolVar(&undo, "undo", false, "take the period that begins at --since back")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// period reads the flags of a period, or of one that is taken back.
func period(since, until, why string, undo bool) (from, to time.Time, err error) {
	now := time.Now().Truncate(time.Second) // so that a period can be named again
	if from, err = instant("since", since, now); err != nil {
		return from, to, err
	}
	if from.IsZero() {
		return from, to, errors.New("--since start has no date; say when the period begins")
	}
	if undo {
		if until != "" || why != "" {
			err = errors.New("--undo takes a period back as it was declared: name it by --since alone")
		}
		return from, to, err
	}
	if to, err = instant("until", until, now); err != nil {
		return from, to, err
	}
	if why == "" {
		err = errors.New("--why is missing: say what happened, for those who look for the values later")
	}
	return from, to, err
}
