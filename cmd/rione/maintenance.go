package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newMaintenance() *cobra.Command {
	cmd := &cobra.Command{Use: "maintenance", Short: "Times in which devices may be silent"}
	cmd.AddCommand(newMaintenanceAdd(), newMaintenanceList(), newMaintenanceRemove())
	return cmd
}

// maintenanceRequest is what add asks of the API.
type maintenanceRequest struct {
	Device string    `json:"device,omitempty"`
	Group  string    `json:"group,omitempty"`
	Comune string    `json:"comune,omitempty"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Note   string    `json:"note,omitempty"`
}

func newMaintenanceAdd() *cobra.Command {
	var r maintenanceRequest
	var from, until string
	var lasts time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "add", Short: "Add a maintenance window, for a device, a group or a comune",
		Long: "A window for a gateway covers what the gateway carries. Times are RFC 3339, such as 2026-11-22T22:00:00+01:00.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := r.times(from, until, lasts); err != nil {
				return usageError{err}
			}
			return withClient(c, func(cl *client) error {
				var w api.MaintenanceWindow
				if err := cl.post(c.Context(), "/v1/maintenance", r, &w); err != nil {
					return err
				}
				if asJSON {
					return printJSON(c, w)
				}
				fmt.Fprintln(c.OutOrStdout(), w.ID)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&r.Device, "device", "", "of this device, and of what it carries")
	cmd.Flags().StringVar(&r.Group, "group", "", "of the devices of this group")
	cmd.Flags().StringVar(&r.Comune, "comune", "", "of the devices of this comune (ISTAT code)")
	cmd.Flags().StringVar(&from, "from", "", "when it begins; now when not given")
	cmd.Flags().StringVar(&until, "until", "", "when it ends")
	cmd.Flags().DurationVar(&lasts, "for", 0, "how long it lasts, such as 2h, in place of --until")
	cmd.Flags().StringVar(&r.Note, "note", "", "what is done")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// times reads when the window begins and ends.
func (r *maintenanceRequest) times(from, until string, lasts time.Duration) (err error) {
	if (until == "") == (lasts == 0) {
		return errors.New("say when it ends, by --until or by --for")
	}
	r.From = time.Now().UTC().Truncate(time.Second)
	if from != "" {
		if r.From, err = time.Parse(time.RFC3339, from); err != nil {
			return fmt.Errorf("--from %q is not RFC 3339, such as 2026-11-22T22:00:00+01:00", from)
		}
	}
	if r.Until = r.From.Add(lasts); until != "" {
		if r.Until, err = time.Parse(time.RFC3339, until); err != nil {
			return fmt.Errorf("--until %q is not RFC 3339, such as 2026-11-22T22:00:00+01:00", until)
		}
	}
	return nil
}

func newMaintenanceList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List maintenance windows, the first to begin first", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return withClient(c, func(cl *client) error {
			var list api.WindowList
			if err := cl.get(c.Context(), "/v1/maintenance", nil, &list); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, list.Windows)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tCOVERS\tFROM\tUNTIL\tBY\tNOTE")
			for _, m := range list.Windows {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.ID, m.Device+m.Group+m.Comune, m.From.Format(time.RFC3339), m.Until.Format(time.RFC3339), m.Author, m.Note)
			}
			return w.Flush()
		})
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newMaintenanceRemove() *cobra.Command {
	return &cobra.Command{Use: "remove ID", Short: "End or take back a maintenance window", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return withClient(c, func(cl *client) error {
			return cl.do(c.Context(), http.MethodDelete, "/v1/maintenance/"+url.PathEscape(args[0]), nil, "", nil, nil)
		})
	}}
}
