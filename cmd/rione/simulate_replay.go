package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rione/simulator"
	"rione/simulator/recording"
	"rione/simulator/scenario"
	"rione/simulator/terminal"
)

// replayed is what the flags of `rione simulate replay` say.
type replayed struct {
	speed   float64
	length  time.Duration
	client  string
	target  target
	verdict verdict
}

func newSimulateReplay() *cobra.Command {
	r := &replayed{}
	cmd := &cobra.Command{
		Use: "replay FILE", Short: "Play a recorded day again, as it was or faster",
		Long: "FILE holds a message a line, in the order of receipt, as `mosquitto_sub -q 1 -t '#' -F %j > FILE` records them:\n" +
			`  {"tst":"2026-03-23T08:00:00.123456Z+0000","topic":"sc/v1/058091/air/a-1/up","payload":"{\"ts\":1774252800000,\"temp_c\":21.5}"}` + "\n" +
			"The time is \"tst\" or \"time\", RFC 3339 or Unix seconds; for what is no text there are \"payload_hex\" and \"payload_base64\"\n" +
			"(-F '{\"tst\":%U,\"topic\":\"%t\",\"retain\":%r,\"payload_hex\":\"%x\"}'). Each device of a native topic has a connection of its own; \"client\" names another one.\n" +
			"What was retained before, and commands to devices, are left out. The payloads stay as they are, times and all, and the devices must be registered.\n" +
			"It passes when every message is acked in time and rione's ledger accounts for all of them; what the values mean is not looked at.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return r.run(c, args[0]) },
	}
	f := cmd.Flags()
	f.Float64Var(&r.speed, "speed", 1, "how much faster than it was, such as 24 for a day an hour")
	f.DurationVar(&r.length, "for", 0, "how long to publish (default: until the recording ends)")
	f.StringVar(&r.client, "client", "recording", "the client that says what is nobody's: a registered gateway")
	r.target.flags(f)
	r.verdict.flags(f)
	jsonFlag(cmd, &r.verdict.asJSON)
	return cmd
}

func (r *replayed) run(c *cobra.Command, path string) error {
	cfg, err := loadConfig(c)
	if err != nil {
		return err
	}
	day, err := recording.Open(recording.Options{Path: path, Carrier: r.client})
	if err != nil {
		return usageError{err}
	}
	o, err := r.target.options(cfg)
	if err != nil {
		return err
	}
	view := terminal.New(c.OutOrStdout(), c.ErrOrStderr(), terminal.Options{Quiet: r.verdict.quiet, JSON: r.verdict.asJSON})
	o.Speed, o.For, o.Progress = r.speed, r.length, view.Progress
	sum, err := simulator.Replay(c.Context(), day, o)
	if sum == nil {
		return err
	}
	if err := errors.Join(err, view.Summary(sum)); err != nil {
		return err
	}
	play := &scenario.Scenario{Title: fmt.Sprintf("%s, %g times as fast", filepath.Base(path), r.speed)}
	return r.verdict.judge(c, sum, r.verdict.limits(play), play, o.Broker)
}
