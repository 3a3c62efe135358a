package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/ingest"
	"rione/ingest/quarantine"
)

func newQuarantine() *cobra.Command {
	cmd := &cobra.Command{Use: "quarantine", Short: "Messages that did not become points"}
	cmd.AddCommand(newQuarantineList(), newQuarantineShow(), newQuarantineAct("replay", "Process messages again, after what was wrong is mended"), newQuarantineAct("drop", "Forget messages"))
	return cmd
}

type quarantineFilter struct{ reason, device, comune, route, since, until string }

func (f *quarantineFilter) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.reason, "reason", "", "only for this reason")
	cmd.Flags().StringVar(&f.device, "device", "", "only of this device")
	cmd.Flags().StringVar(&f.comune, "comune", "", "only of this comune (ISTAT code)")
	cmd.Flags().StringVar(&f.route, "route", "", "only of this route")
	cmd.Flags().StringVar(&f.since, "since", "", "only received then or later: a time, a date, or how long ago")
	cmd.Flags().StringVar(&f.until, "until", "", "only received before")
}

func (f *quarantineFilter) query() (url.Values, error) {
	q := url.Values{}
	for name, v := range map[string]string{"reason": f.reason, "device": f.device, "comune": f.comune, "route": f.route} {
		if v != "" {
			q.Set(name, v)
		}
	}
	for name, v := range map[string]string{"since": f.since, "until": f.until} {
		if v == "" {
			continue
		}
		at, err := instant(name, v, time.Now())
		if err != nil {
			return nil, usageError{err}
		}
		q.Set(name, at.Format(time.RFC3339Nano))
	}
	return q, nil
}

func newQuarantineList() *cobra.Command {
	var f quarantineFilter
	var grouped, asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List messages in quarantine, newest first", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return withClient(c, func(cl *client) error {
			q, err := f.query()
			if err != nil {
				return err
			}
			if grouped {
				return listCauses(c, cl, q, asJSON)
			}
			entries, err := listQuarantine(c, cl, q)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, entries)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tRECEIVED\tREASON\tDEVICE\tFIELD\tDETAIL")
			for _, e := range entries {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.Received.Format(time.RFC3339), e.Reason, cmp.Or(e.Device, "-"), cmp.Or(e.Field, "-"), e.Detail)
			}
			return w.Flush()
		})
	}}
	f.flags(cmd)
	cmd.Flags().BoolVar(&grouped, "grouped", false, "sum them up by what is wrong, with what would mend it")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// listCauses sums the quarantine up, a cause a paragraph.
func listCauses(c *cobra.Command, cl *client, q url.Values, asJSON bool) error {
	q.Set("by", "cause")
	var list api.GroupList
	if err := cl.get(c.Context(), "/v1/quarantine/groups", q, &list); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c, list.Groups)
	}
	for _, g := range list.Groups {
		what := g.Reason
		if g.Field != "" {
			what += " " + g.Field
		}
		fmt.Fprintf(c.OutOrStdout(), "%d messages from %d devices: %s: %s\n  %s to %s\n  %s\n", g.Count, g.Devices, what, g.Detail,
			g.First.Format(time.RFC3339), g.Last.Format(time.RFC3339), g.Hint)
	}
	return nil
}

func listQuarantine(c *cobra.Command, cl *client, q url.Values) ([]api.Entry, error) {
	all := []api.Entry{}
	for {
		var page api.EntryPage
		if err := cl.get(c.Context(), "/v1/quarantine", q, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Entries...)
		if page.Next == "" {
			return all, nil
		}
		q.Set("cursor", page.Next)
	}
}

func newQuarantineShow() *cobra.Command {
	return showsJSON(&cobra.Command{Use: "show ID", Short: "Show one message with its payload", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return withClient(c, func(cl *client) error {
			var e api.Entry
			if err := cl.get(c.Context(), "/v1/quarantine/"+url.PathEscape(args[0]), nil, &e); err != nil {
				return err
			}
			return printJSON(c, struct {
				api.Entry
				Hint string `json:"hint"`
			}{e, quarantine.Hint(ingest.Reason(e.Reason))})
		})
	}})
}

// newQuarantineAct is replay or drop: of messages by their ids, or of all that
// the filter chooses.
func newQuarantineAct(verb, short string) *cobra.Command {
	var f quarantineFilter
	var all bool
	cmd := &cobra.Command{Use: verb + " [ID …]", Short: short, RunE: func(c *cobra.Command, ids []string) error {
		if len(ids) == 0 && f == (quarantineFilter{}) && !all {
			return usageError{errors.New("name messages by id, choose them by a flag, or say --all")}
		}
		return withClient(c, func(cl *client) error {
			q, err := f.query()
			if err != nil {
				return err
			}
			body := map[string]any{}
			for name, v := range q {
				body[name] = v[0]
			}
			if len(ids) > 0 {
				body["ids"] = ids
			}
			if all {
				body["all"] = true
			}
			var done api.Affected
			if err := cl.post(c.Context(), "/v1/quarantine/"+verb, body, &done); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: %d messages\n", verb, done.Entries)
			return nil
		})
	}}
	f.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all of them")
	return cmd
}
