package main

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newLedger() *cobra.Command {
	var by string
	var since time.Duration
	var asJSON bool
	cmd := &cobra.Command{Use: "ledger", Short: "What became of every acked message", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		if !slices.Contains([]string{"comune", "door", "reason"}, by) {
			return usageError{fmt.Errorf("--by is %q; say comune, door or reason", by)}
		}
		return withClient(c, func(cl *client) error {
			q := url.Values{"by": {by}, "start": {time.Now().Add(-since).UTC().Format(time.RFC3339)}}
			var l api.Ledger
			if err := cl.get(c.Context(), "/v1/ledger", q, &l); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, l)
			}
			if by == "reason" {
				return printReasons(c.OutOrStdout(), l)
			}
			return printLedger(c.OutOrStdout(), by, l)
		})
	}}
	cmd.Flags().StringVar(&by, "by", "comune", "comune, door, or the reason for which messages are in quarantine now")
	cmd.Flags().DurationVar(&since, "since", 24*time.Hour, "how far back")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printLedger(out io.Writer, by string, l api.Ledger) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s\tACKED\tSTORED\tPARTIAL\tDUPLICATE\tQUARANTINED\tEXPIRED\tPOINTS\tOPEN\t\n", by)
	row := func(name string, e api.LedgerLine) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", name, e.Acked, e.Stored, e.Partial, e.Duplicate, e.Quarantined, e.Expired, e.Points, e.Open)
	}
	for _, e := range l.Lines {
		name := e.Door
		if by == "comune" {
			name = e.Comune + " " + e.ComuneName
		}
		row(name, e)
	}
	row("total", l.Total)
	return w.Flush()
}

func printReasons(out io.Writer, l api.Ledger) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "reason\tIN QUARANTINE\t\n")
	for _, e := range l.Lines {
		fmt.Fprintf(w, "%s\t%d\t\n", e.Reason, e.Held)
	}
	fmt.Fprintf(w, "total\t%d\t\n", l.Total.Held)
	return w.Flush()
}
