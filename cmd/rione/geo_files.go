package main

import (
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
)

func newGeoList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the files of boundaries that were imported, the newest last", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cl, err := runningHere(c)
		if err != nil {
			return err
		}
		var list api.BoundaryList
		if err := cl.get(c.Context(), "/v1/geo/boundaries", nil, &list); err != nil {
			return err
		}
		if asJSON {
			return printJSON(c, list.Files)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tBYTES\tIMPORTED")
		for _, f := range list.Files {
			fmt.Fprintf(w, "%s\t%d\t%s\n", f.Name, f.Bytes, f.Kept.Format(time.RFC3339))
		}
		return w.Flush()
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func newGeoRemove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Take a file of boundaries away; devices keep their comune and zone", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cl, err := runningHere(c)
		if err != nil {
			return err
		}
		err = cl.do(c.Context(), http.MethodDelete, "/v1/geo/boundaries/"+url.PathEscape(args[0]), nil, "", nil, nil)
		if answered(err, http.StatusNotFound) {
			return fmt.Errorf("there are no boundaries of the name %s; `rione geo list` names what there is", args[0])
		}
		return err
	}}
}
