package main

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newDevicesApplyPosition() *cobra.Command {
	var body struct {
		Time      time.Time `json:"time,omitzero"`
		ValidFrom time.Time `json:"valid_from,omitzero"`
		Force     bool      `json:"force,omitempty"`
		Note      string    `json:"note,omitempty"`
	}
	var where whereFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "apply-position DEVICE", Short: "Place a device where it says that it is", Args: cobra.ExactArgs(1),
		Long: "What a device says of its own place (in its meta) places nothing until an operator takes it over. `rione devices show DEVICE` has it as reported,\n" +
			"GET /v1/devices?reported_away=300 lists those that say they are 300 m or more from where they are registered.",
		RunE: func(c *cobra.Command, args []string) error {
			var since api.Where
			if err := where.read(&since); err != nil {
				return err
			}
			body.ValidFrom = since.ValidFrom
			cl, err := runningHere(c)
			if err != nil {
				return err
			}
			var d api.DeviceView
			if err := cl.get(c.Context(), "/v1/devices/"+url.PathEscape(args[0]), nil, &d); err != nil {
				return err
			}
			if d.Reported != nil {
				body.Time = d.Reported.Time // what is shown below is what is applied
			}
			var moved api.DeviceView
			if err := cl.changeDevice(c.Context(), http.MethodPost, args[0], "/apply-position", body, &moved); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, moved)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s stands at %s in %s %s\n", moved.DeviceID, moved.Position, moved.ComuneName, moved.Zone)
			return nil
		},
	}
	cmd.Flags().StringVar(&where.since, "since", "", "date (2026-11-22) or RFC 3339 time since when it stands there")
	cmd.Flags().BoolVar(&body.Force, "force", false, "take a position that does not look right")
	cmd.Flags().StringVar(&body.Note, "note", "", "why, for people")
	jsonFlag(cmd, &asJSON)
	return cmd
}
