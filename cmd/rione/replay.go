package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newReplay() *cobra.Command {
	var since, until, format, note string
	var devices []string
	var restate, dryRun, detach, asJSON bool
	cmd := &cobra.Command{
		Use: "replay --since T", Short: "Process messages of the journal again, after a decoder or a mapping was corrected",
		Long: "Applies, for the chosen devices, everything from T to the journal's head again, in order and beside the live data.\n" +
			"Readings overwrite themselves; with --restate the points from T on are deleted first, for a change of time, place or unit.\n" +
			"T is a time (2026-03-01T08:00:00+01:00), a date, how long ago (36h, 7d), or start for everything that the journal has.\n" +
			"A replay goes on in the running rione when this command is interrupted, and after a restart; `rione replay cancel ID` stops it.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r := api.ReplayRequest{Devices: devices, Format: format, Restate: restate, DryRun: dryRun, Note: note}
			var err error
			if r.Since, err = instant("since", since, time.Now()); err != nil {
				return usageError{err}
			}
			if until != "" {
				if r.Until, err = instant("until", until, time.Now()); err != nil {
					return usageError{err}
				}
			}
			if restate && len(devices) == 0 {
				return usageError{errors.New("--restate deletes points first: name the devices by --device")}
			}
			return withClient(c, func(cl *client) error {
				v, err := startReplay(c.Context(), cl, r)
				if err == nil && !detach {
					v, err = watchReplay(c.Context(), cl, v, c.ErrOrStderr())
				}
				if err != nil {
					return err
				}
				return printReplay(c, v, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "from when on: a time, a date, how long ago, or start")
	cmd.Flags().StringVar(&until, "until", "", "leave points of this time and later as they are")
	cmd.Flags().StringSliceVar(&devices, "device", nil, "only these devices (may be repeated)")
	cmd.Flags().StringVar(&format, "format", "", "only messages of this format")
	cmd.Flags().BoolVar(&restate, "restate", false, "delete the points of the devices from then on first")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only count what would be done")
	cmd.Flags().BoolVar(&detach, "detach", false, "do not wait for the end")
	cmd.Flags().StringVar(&note, "note", "", "why, for those who look later")
	jsonFlag(cmd, &asJSON)
	cmd.AddCommand(newReplayList(), newReplayCancel())
	return cmd
}

// instant reads a time, a date, or how long ago something was. "start" is the
// zero time.
func instant(flag, text string, now time.Time) (time.Time, error) {
	if text == "start" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	if ago, err := duration(text); err == nil && ago > 0 {
		return now.Add(-ago).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("--%s is %q; write a time with offset (2026-03-01T08:00:00+01:00), a date, or how long ago (36h, 7d)", flag, text)
}

// duration reads what time.ParseDuration does, and days.
func duration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		d, err := time.ParseDuration(days + "h")
		return 24 * d, err
	}
	return time.ParseDuration(text)
}

func startReplay(ctx context.Context, cl *client, r api.ReplayRequest) (v api.ReplayView, err error) {
	return v, cl.post(ctx, "/v1/replays", r, &v)
}

// watchReplay shows how far a replay is until it ends.
func watchReplay(ctx context.Context, cl *client, v api.ReplayView, progress io.Writer) (api.ReplayView, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	said := -10.0
	for v.State == "running" {
		if v.Percent >= said+10 {
			said = v.Percent
			fmt.Fprintf(progress, "%3.0f %%  %d messages, %d points\n", v.Percent, v.Counts.Messages, v.Counts.Points)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return v, fmt.Errorf("replay %s goes on without being watched; `rione replay cancel %s` stops it", v.ID, v.ID)
		}
		if err := cl.get(ctx, "/v1/replays/"+url.PathEscape(v.ID), nil, &v); err != nil && ctx.Err() == nil {
			return v, err
		}
	}
	return v, nil
}

func printReplay(c *cobra.Command, v api.ReplayView, asJSON bool) error {
	if asJSON {
		if err := printJSON(c, v); err != nil {
			return err
		}
	} else {
		writeReplay(c.OutOrStdout(), v)
	}
	if v.State == "failed" {
		return errors.New("the replay failed: " + v.Error)
	}
	return nil
}

func writeReplay(w io.Writer, v api.ReplayView) {
	does := map[bool]string{false: v.State, true: v.State + ", dry run: nothing was written"}[v.Request.DryRun]
	n := v.Counts
	fmt.Fprintf(w, "replay %s: %s\n  %d messages of %d records, %d points (%d of them suspect)\n", v.ID, does, n.Messages, n.Records, n.Points, n.Suspect)
	reasons := make([]string, 0, len(n.Refused))
	for reason := range n.Refused {
		reasons = append(reasons, reason)
	}
	slices.Sort(reasons)
	for _, reason := range reasons {
		fmt.Fprintf(w, "  %d refused: %s\n", n.Refused[reason], reason)
	}
	for _, line := range []struct {
		n    int64
		what string
	}{{n.Expired, "older than the retention"}, {n.Released, "left quarantine: they are stored now"}, {n.Quarantined, "are in quarantine"}} {
		if line.n > 0 {
			fmt.Fprintf(w, "  %d %s\n", line.n, line.what)
		}
	}
}

func newReplayList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List replays, the newest first", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return withClient(c, func(cl *client) error {
			var list api.ReplayList
			if err := cl.get(c.Context(), "/v1/replays", nil, &list); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, list.Replays)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tSTATE\tDONE\tSINCE\tDEVICES\tMESSAGES\tPOINTS\tBY\tWHY")
			for _, v := range list.Replays {
				fmt.Fprintf(w, "%s\t%s\t%.0f %%\t%s\t%d\t%d\t%d\t%s\t%s\n", v.ID, v.State, v.Percent, v.Request.Since.Format(time.RFC3339), len(v.Request.Devices), v.Counts.Messages, v.Counts.Points, v.Author, v.Request.Note)
			}
			return w.Flush()
		})
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newReplayCancel() *cobra.Command {
	return &cobra.Command{Use: "cancel ID", Short: "Stop a replay; what it applied stays", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return withClient(c, func(cl *client) error {
			return cl.do(c.Context(), http.MethodDelete, "/v1/replays/"+url.PathEscape(args[0]), nil, "", nil, nil)
		})
	}}
}
