package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/dashboards"
	"rione/dashboards/report"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/schema"
)

func newReport() *cobra.Command {
	var out, language string
	var days int
	cmd := &cobra.Command{Use: "report INITIATIVE", Short: "Write what an initiative has reached, as an HTML page to print", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		o := report.Options{Language: dashboards.Language(language), Places: app.ComuneNames(), To: time.Now()}
		o.From = o.To.AddDate(0, 0, -days)
		if o.Initiative, err = initiative(cfg, args[0]); err != nil {
			return usageError{err}
		}
		if err := o.Validate(); err != nil {
			return usageError{err}
		}
		at := app.StoreOfAll(cfg, o.Initiative.Comuni)
		client, err := influx.NewClient(influx.Options{URL: at.URL, Token: at.Token, Org: at.Org})
		if err != nil {
			return err
		}
		defer client.Close()
		r, err := report.Read(c.Context(), rows{client, at.Bucket}, rows{client, schema.Day.Bucket(at.Bucket)}, o)
		if err != nil {
			return fmt.Errorf("%w; is rione running?", err)
		}
		return writeFile(c, out, r.Write)
	}}
	cmd.Flags().StringVarP(&out, "output", "o", "-", "file to write; - is standard output")
	cmd.Flags().StringVar(&language, "language", "it", "it or en")
	cmd.Flags().IntVar(&days, "days", 90, "length of the course, days")
	return cmd
}

func initiative(cfg config.Config, id string) (dashboards.Initiative, error) {
	all, err := app.Initiatives(cfg)
	if err != nil {
		return dashboards.Initiative{}, err
	}
	ids := ""
	for _, i := range all {
		if i.ID == id {
			return i, nil
		}
		ids += " " + i.ID
	}
	return dashboards.Initiative{}, fmt.Errorf("there is no initiative %q; there are%s", id, ids)
}

// writeFile lets write fill a file, or standard output for "-".
func writeFile(c *cobra.Command, name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(c.OutOrStdout())
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// rows answers a report's queries from a bucket.
type rows struct {
	client *influx.Client
	bucket string
}

var _ report.Store = rows{}

// Rows implements report.Store.
func (s rows) Rows(ctx context.Context, query string) ([]report.Row, error) {
	series, err := s.client.Query(ctx, s.bucket, query)
	if err != nil {
		return nil, err
	}
	var out []report.Row
	for _, one := range series {
		for _, values := range one.Values {
			row := report.Row{Tags: one.Tags, Values: map[string]any{}}
			row.Time, _ = values[0].(time.Time)
			for k, name := range one.Columns[1:] {
				row.Values[name] = values[k+1]
				if n, ok := ingest.NumberOf(values[k+1]); ok {
					row.Values[name] = n
				}
			}
			out = append(out, row)
		}
	}
	return out, nil
}
