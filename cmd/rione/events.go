package main

import (
	"fmt"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newEvents() *cobra.Command {
	cmd := &cobra.Command{Use: "events", Short: "What operators are told: silent devices, gateways down, alarms"}
	cmd.AddCommand(newEventsList(), newEventsShow(), newEventsAck())
	return cmd
}

type eventFilter struct {
	all      bool
	isNew    bool
	kind     string
	comune   string
	device   string
	severity int
	since    time.Duration
}

func (f *eventFilter) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.all, "all", false, "closed ones too")
	cmd.Flags().BoolVar(&f.isNew, "new", false, "only those that nobody has acknowledged")
	cmd.Flags().StringVar(&f.kind, "type", "", "only of this type, such as silent or gateway_down")
	cmd.Flags().StringVar(&f.comune, "comune", "", "only of this comune (ISTAT code)")
	cmd.Flags().StringVar(&f.device, "device", "", "only those that concern this device")
	cmd.Flags().IntVar(&f.severity, "severity", 0, "only of this severity or more, 0 to 5")
	cmd.Flags().DurationVar(&f.since, "since", 0, "only changed within this time, such as 24h")
}

func (f *eventFilter) query() url.Values {
	q := url.Values{"limit": {"1000"}}
	for name, v := range map[string]string{"type": f.kind, "comune": f.comune, "device": f.device} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if !f.all {
		q.Set("state", "open")
	}
	if f.isNew {
		q.Set("new", "true")
	}
	if f.severity > 0 {
		q.Set("severity", strconv.Itoa(f.severity))
	}
	if f.since > 0 {
		q.Set("since", time.Now().Add(-f.since).UTC().Format(time.RFC3339))
	}
	return q
}

func newEventsList() *cobra.Command {
	var f eventFilter
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List events that are open, those raised last first", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return withClient(c, func(cl *client) error {
			events, err := listEvents(c, cl, f.query())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, events)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tRAISED\tSEVERITY\tTYPE\tSTATE\tDEVICES\tTEXT")
			for _, e := range events {
				fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%d\t%s\n", e.ID, e.Raised.Format(time.RFC3339), e.Severity, e.Type, e.State, e.Count, e.Text)
			}
			return w.Flush()
		})
	}}
	f.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func listEvents(c *cobra.Command, cl *client, q url.Values) ([]api.Event, error) {
	all := []api.Event{}
	for {
		var page api.EventPage
		if err := cl.get(c.Context(), "/v1/events", q, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if page.Next == "" {
			return all, nil
		}
		q.Set("cursor", page.Next)
	}
}

func newEventsShow() *cobra.Command {
	return showsJSON(&cobra.Command{Use: "show ID", Short: "Show one event with its devices", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return withClient(c, func(cl *client) error {
			var e api.Event
			if err := cl.get(c.Context(), "/v1/events/"+url.PathEscape(args[0]), nil, &e); err != nil {
				return err
			}
			return printJSON(c, e)
		})
	}})
}

func newEventsAck() *cobra.Command {
	var note string
	var end bool
	cmd := &cobra.Command{
		Use: "ack ID …", Short: "Take events on",
		Long: "Notes in the events, and in the audit log, who has taken them on. --close ends alarms that devices raised;\nevents about presence close by themselves when the devices speak again.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, ids []string) error {
			return withClient(c, func(cl *client) error {
				for _, id := range ids {
					var e api.Event
					if err := cl.post(c.Context(), "/v1/events/"+url.PathEscape(id)+"/acknowledge", map[string]any{"note": note, "close": end}, &e); err != nil {
						return fmt.Errorf("%s: %w", id, err)
					}
					fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", e.ID, e.State)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&note, "note", "", "what is done about it")
	cmd.Flags().BoolVar(&end, "close", false, "end alarms")
	return cmd
}
