package main

import (
	"fmt"
	"io"
	"net/url"
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
		if by != "comune" && by != "door" {
			return usageError{fmt.Errorf("--by is %q; say comune or door", by)}
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
			return printLedger(c.OutOrStdout(), by, l)
		})
	}}
	cmd.Flags().StringVar(&by, "by", "comune", "comune or door")
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
