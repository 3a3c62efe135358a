package main

import (
	"github.com/spf13/cobra"

	"rione/ingest/decode/script"
)

// newScriptHost is the child process that runs vendors' codecs. Nobody but rione
// itself calls it.
func newScriptHost() *cobra.Command {
	return &cobra.Command{
		Use: "script-host", Short: "Run codecs in JavaScript, asked on standard input", Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return script.Host(c.InOrStdin(), c.OutOrStdout(), script.Limits{})
		},
	}
}
