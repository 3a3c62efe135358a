package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rione/api"
	"rione/ingest/indicator"
)

func newFacts() *cobra.Command {
	cmd := &cobra.Command{Use: "facts", Short: "Dated facts of initiatives that no sensor gives"}
	cmd.AddCommand(newFactsImport(), newFactsList(), newFactsRemove())
	return cmd
}

func newFactsImport() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE.csv", Short: "Keep the facts of a file (- reads standard input)",
		Long: "The header line names the columns: initiative,id,date,value,comune,zone,subject,baseline,target,note. The first four are required.\n" +
			"Comma or semicolon separate; beside semicolons a decimal comma is understood. A date is written as 2026-01-31.\n" +
			"A fact replaces that of the same indicator, place and date. Nothing is taken of a file in which a line is wrong.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, err := readFile(c, args[0])
			if err != nil {
				return err
			}
			facts, err := indicator.ReadCSV(bytes.NewReader(file))
			if err != nil {
				return err
			}
			var list api.FactList
			for _, f := range facts {
				list.Facts = append(list.Facts, api.Fact{
					Initiative: f.Initiative, ID: f.ID, Date: indicator.DateText(f.Date), Comune: f.Comune, Zone: f.Zone, Subject: f.Subject,
					Value: f.Value, Baseline: f.Baseline, Target: f.Target, Note: f.Note,
				})
			}
			return withClient(c, func(cl *client) error {
				if err := cl.post(c.Context(), "/v1/facts", list, nil); err != nil {
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "%d facts taken\n", len(list.Facts))
				return nil
			})
		},
	}
}

func newFactsRemove() *cobra.Command {
	named := map[string]string{"initiative": "", "id": "of the indicator", "date": "such as 2026-01-31", "comune": "ISTAT code, of a fact of one comune", "zone": "of a fact of one zone", "subject": "of a fact of one subject"}
	cmd := &cobra.Command{
		Use: "remove --initiative I --id ID --date D", Short: "Take a fact back; what held before it holds again", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			q := url.Values{}
			for name := range named {
				if v := c.Flag(name).Value.String(); v != "" {
					q.Set(name, v)
				}
			}
			for _, name := range []string{"initiative", "id", "date"} {
				if q.Get(name) == "" {
					return usageError{fmt.Errorf("--%s is missing; `rione facts list` shows what there is", name)}
				}
			}
			if _, err := indicator.ParseDate(q.Get("date")); err != nil {
				return err
			}
			return withClient(c, func(cl *client) error {
				err := cl.do(c.Context(), http.MethodDelete, "/v1/facts", q, "", nil, nil)
				if answered(err, http.StatusNotFound) {
					return errors.New("there is no such fact; `rione facts list` lists them")
				}
				return err
			})
		},
	}
	for name, doc := range named {
		cmd.Flags().String(name, "", doc)
	}
	return cmd
}

func newFactsList() *cobra.Command {
	var initiative string
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the facts", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return withClient(c, func(cl *client) error {
			q := url.Values{}
			if initiative != "" {
				q.Set("initiative", initiative)
			}
			var list api.FactList
			if err := cl.get(c.Context(), "/v1/facts", q, &list); err != nil {
				return err
			}
			if asJSON {
				return printJSON(c, list.Facts)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "INITIATIVE\tID\tDATE\tCOMUNE\tZONE\tSUBJECT\tVALUE\tNOTE")
			for _, f := range list.Facts {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%g\t%s\n", f.Initiative, f.ID, f.Date, f.Comune, f.Zone, f.Subject, f.Value, f.Note)
			}
			return w.Flush()
		})
	}}
	cmd.Flags().StringVar(&initiative, "initiative", "", "only facts of this one")
	jsonFlag(cmd, &asJSON)
	return cmd
}
