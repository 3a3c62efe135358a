package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/ingest"
)

func newRoutes() *cobra.Command {
	cmd := &cobra.Command{Use: "routes", Short: "What the messages of a topic or path are; edited without a restart"}
	cmd.AddCommand(newRoutesList(), newRoutesSet(), newRoutesRemove(), newRoutesTest())
	return cmd
}

func newRoutesList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the routes in the order in which they are tried", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return withClient(c, func(cl *client) error {
			var l api.RouteList
			if err := cl.get(c.Context(), "/v1/routes", nil, &l); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, l.Routes)
			}
			return printRoutes(c.OutOrStdout(), l.Routes)
		})
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printRoutes(out io.Writer, list []api.Route) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tFILTER\tFORMAT\tCOMUNE\tDEVICE\tTRUST\tCLOCK\tSCRUB\tSET BY")
	for _, r := range list {
		by := "rione"
		if r.Own {
			by = "city"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Filter, r.Format,
			cmp.Or(r.Comune, "-"), cmp.Or(r.Device, "-"), cmp.Or(r.Trust, "-"), cmp.Or(r.Clock, "-"), cmp.Or(r.Scrub, "-"), by)
	}
	return w.Flush()
}

func newRoutesSet() *cobra.Command {
	var r api.NewRoute
	var mapped string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "set NAME --filter FILTER {--format FORMAT|--mapping FILE}",
		Short: "Add a route, or replace the one of that name",
		Long:  "The city's own routes are tried in the order in which they were added, before those that come with rione. Doors follow at once; what is in quarantine can be replayed.\n\nA mapping says what the members of JSON mean that no format knows; it is kept with the route, so that setting the route again changes it at once. `rione decode --mapping FILE` tries one out.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if mapped != "" {
				text, err := readFile(c, mapped)
				if err != nil {
					return err
				}
				r.Format, r.Mapping = ingest.FormatMapping, strings.TrimSpace(string(text))
			}
			return withClient(c, func(cl *client) error {
				body, err := json.Marshal(r)
				if err != nil {
					return err
				}
				var set api.Route
				if err := cl.do(c.Context(), http.MethodPut, "/v1/routes/"+url.PathEscape(args[0]), nil, "application/json", body, &set); err != nil {
					return err
				}
				if asJSON {
					return printJSON(c, set)
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %s is %s\n", set.Name, set.Filter, set.Format)
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Filter, "filter", "", "MQTT topic filter, or a path of the HTTP door")
	f.StringVar(&r.Format, "format", "", "format of the messages; `rione decode --list` names them")
	f.StringVar(&mapped, "mapping", "", "file that says what the members of the payload mean, instead of a format (- reads standard input)")
	f.StringVar(&r.Comune, "comune", "", "comune that answers for them (ISTAT code)")
	f.StringVar(&r.Device, "device", "", "how the device is named: client, topic:N (level from 0) or json:/path")
	f.StringVar(&r.Trust, "trust", "", "broker: only from outer brokers; client: only from publishers that proved who they are")
	f.StringVar(&r.Clock, "clock", "", "impossible times: accept, server or quarantine")
	f.StringVar(&r.Scrub, "scrub", "", "shape: keep nothing of the bodies but their shape")
	_ = cmd.MarkFlagRequired("filter") // it exists
	cmd.MarkFlagsOneRequired("format", "mapping")
	cmd.MarkFlagsMutuallyExclusive("format", "mapping")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newRoutesRemove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Take a route out; one that comes with rione is done without until it is set again", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return withClient(c, func(cl *client) error {
			return cl.do(c.Context(), http.MethodDelete, "/v1/routes/"+url.PathEscape(args[0]), nil, "", nil, nil)
		})
	}}
}

func newRoutesTest() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "test TOPIC", Short: "Say which route a topic or path takes; fails when none fits", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return withClient(c, func(cl *client) error {
			var a api.RouteAnswer
			if err := cl.get(c.Context(), "/v1/routes/test", url.Values{"topic": args}, &a); err != nil {
				return err
			}
			if asJSON {
				if err := printJSON(c, a); err != nil {
					return err
				}
			} else {
				printAnswer(c.OutOrStdout(), &a)
			}
			if a.Route == nil {
				return silentError{}
			}
			return nil
		})
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printAnswer(out io.Writer, a *api.RouteAnswer) {
	switch {
	case a.Route != nil:
		fmt.Fprintf(out, "%s takes the route %s (%s): %s\n", a.Topic, a.Route.Name, a.Route.Filter, a.Route.Format)
		if a.Device != "" {
			fmt.Fprintf(out, "device: %s\n", a.Device)
		}
	case a.Nearest != nil:
		fmt.Fprintf(out, "no route fits %s; the nearest is %s (%s)\n", a.Topic, a.Nearest.Name, a.Nearest.Filter)
	default:
		fmt.Fprintf(out, "no route fits %s, nor has any something in common with it\n", a.Topic)
	}
}
