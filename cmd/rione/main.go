// Command rione is a smart-city telemetry backend: devices publish over MQTT or
// HTTP, rione stores what they say in InfluxDB with the place it was measured
// at, and shows it on a map, in dashboards and through an API.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set at release by the linker.
var version = "dev"

// Exit codes of every command.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(southern(args))
	started := false
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	called, err := root.ExecuteContextC(ctx)
	var silent silentError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &silent):
		return exitFailed
	}
	if !started {
		err = fmt.Errorf("%w; see `%s --help`", err, called.CommandPath())
	}
	fmt.Fprintln(os.Stderr, "rione:", err)
	var usage usageError
	if !started || errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// usageError says that a command was called wrongly.
type usageError struct{ error }

// silentError ends a command with status 1 whose answer says it all.
type silentError struct{}

// Error implements error.
func (silentError) Error() string { return "failed" }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use: "rione", Short: "Smart-city telemetry backend",
		SilenceErrors: true, SilenceUsage: true, Version: version,
	}
	root.SetVersionTemplate("rione {{.Version}}\n")
	root.AddCommand(
		newUp(), newDevices(), newTokens(), newOpenData(), newGeo(), newDecode(), newRoutes(), newQuarantine(), newLedger(), newQuota(),
		newReplay(), newTail(),
		newEvents(), newMaintenance(),
		newRetention(), newRollup(), newFacts(), newImport(),
		newSimulate(), newInitiatives(), newDashboards(), newDoctor(), newConfig(), newVersion(), newScriptHost(),
	)
	for _, group := range root.Commands() {
		if !group.Runnable() {
			// Else a misspelt subcommand would print the help and pass for well.
			group.Args, group.RunE = cobra.NoArgs, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	return root
}

func newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		if asJSON {
			return printJSON(c, map[string]string{"version": version})
		}
		fmt.Fprintln(c.OutOrStdout(), "rione", version)
		return nil
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}
