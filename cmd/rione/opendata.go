package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/api/opendata"
	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
)

func newOpenData() *cobra.Command {
	cmd := &cobra.Command{Use: "opendata", Short: "Data sets that everybody may have"}
	cmd.AddCommand(newOpenDataList(), newPublish("publish", "Publish a data set", true), newPublish("withdraw", "Withdraw a data set; who has copies keeps them", false))
	return cmd
}

func newOpenDataList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List data sets, published or prepared", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		list, err := listPublications(c.Context(), cfg)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c, list)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSTATE\tMEASUREMENT\tFORM\tDELAY\tCOMUNI\tTITLE")
		for i := range list {
			p := &list[i]
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d h\t%s\t%s\n", p.ID, publicationState(p), p.Measurement, p.Form, p.DelayH, someOf(p.Comuni), p.Title.In("en"))
		}
		return w.Flush()
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func publicationState(p *opendata.Publication) string {
	switch {
	case p.Published:
		return "published"
	case p.Changed.IsZero():
		return "prepared"
	}
	return "withdrawn"
}

// someOf names the first comuni of many.
func someOf(comuni []string) string {
	const most = 3
	if len(comuni) <= most {
		return strings.Join(comuni, " ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(comuni[:most], " "), len(comuni)-most)
}

func listPublications(ctx context.Context, cfg config.Config) ([]opendata.Publication, error) {
	cl, err := running(cfg)
	if err == nil {
		var list api.PublicationList
		err = cl.get(ctx, "/v1/publications", nil, &list)
		return list.Publications, err
	}
	var list []opendata.Publication
	err = lookInRegistry(ctx, cfg, func(r *app.Registry) error {
		list = r.Publications().List()
		return nil
	})
	return list, err
}

func newPublish(use, short string, published bool) *cobra.Command {
	return &cobra.Command{Use: use + " ID", Short: short, Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		cl, err := running(cfg)
		if err == nil {
			return cl.do(c.Context(), http.MethodPost, "/v1/publications/"+url.PathEscape(args[0])+"/"+use, nil, "", nil, nil)
		}
		return withRegistry(c.Context(), cfg, func(r *app.Registry) error {
			_, err := r.Publications().SetPublished(c.Context(), commandLine, args[0], published, time.Now())
			return err
		})
	}}
}
