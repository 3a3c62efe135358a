package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/devices/quota"
)

func newQuota() *cobra.Command {
	cmd := &cobra.Command{
		Use: "quota", Short: "Limits of devices and comuni",
		Long: "Messages a second, series and growth of the store are bounded for each device, gateway and comune, generously unless set otherwise.\n" +
			"What is over a limit is refused at the door, or waits in quarantine as over_quota.",
	}
	cmd.AddCommand(newQuotaList(), newQuotaSet())
	return cmd
}

func newQuotaList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list [SUBJECT]", Short: "Show limits and what was used (of device:ID, gateway:ID or comune:CODE)", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cl, err := runningHere(c)
			if err != nil {
				return err
			}
			var list api.QuotaList
			if len(args) == 1 {
				list.Subjects = make([]api.QuotaLine, 1)
				err = cl.get(c.Context(), "/v1/quota/"+url.PathEscape(args[0]), nil, &list.Subjects[0])
			} else {
				err = cl.get(c.Context(), "/v1/quota", nil, &list)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, list.Subjects)
			}
			return printQuota(c, list.Subjects)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printQuota(c *cobra.Command, lines []api.QuotaLine) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SUBJECT\tMESSAGES/S\tBURST\tSERIES\tOF\tMB TODAY\tOF\tSET")
	for _, l := range lines {
		set := "-"
		if l.Set != nil {
			set = "yes"
		}
		fmt.Fprintf(w, "%s\t%g\t%g\t%d\t%d\t%.1f\t%.0f\t%s\n", l.Subject, l.Limits.PerSecond, l.Limits.Burst,
			l.Series, l.Limits.Series, float64(l.BytesToday)/1e6, float64(l.Limits.BytesPerDay)/1e6, set)
	}
	return w.Flush()
}

func newQuotaSet() *cobra.Command {
	var l quota.Limits
	var megabytes float64
	var asJSON bool
	cmd := &cobra.Command{
		Use: "set SUBJECT", Short: "Set limits, in force at once; without any flag the subject has those of its class again",
		Long: "SUBJECT is device:ID, gateway:ID or comune:CODE, or device, gateway or comune for all of them.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := quota.ParseSubject(args[0]); err != nil {
				return usageError{err}
			}
			l.BytesPerDay = int64(megabytes * 1e6)
			if err := l.Validate(); err != nil {
				return usageError{err}
			}
			cl, err := runningHere(c)
			if err != nil {
				return err
			}
			b, err := json.Marshal(l)
			if err != nil {
				return err
			}
			var line api.QuotaLine
			if err := cl.do(c.Context(), http.MethodPut, "/v1/quota/"+url.PathEscape(args[0]), nil, "application/json", b, &line); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, line)
			}
			return printQuota(c, []api.QuotaLine{line})
		},
	}
	cmd.Flags().Float64Var(&l.PerSecond, "per-second", 0, "messages a second")
	cmd.Flags().Float64Var(&l.Burst, "burst", 0, "messages at once")
	cmd.Flags().IntVar(&l.Series, "series", 0, "series in the store")
	cmd.Flags().Float64Var(&megabytes, "mb-per-day", 0, "growth of the store in a day, megabytes, as estimated")
	jsonFlag(cmd, &asJSON)
	return cmd
}
