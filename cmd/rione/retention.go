package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/ingest/influx"
)

func newRetention() *cobra.Command {
	cmd := &cobra.Command{Use: "retention", Short: "How long the store keeps readings and windows",
		Long: "RIONE_RETENTION_RAW, _HOURLY and _DAILY say how long it should; of an InfluxDB in the file of RIONE_INFLUX_TARGETS\n" +
			"retention_raw, retention_hourly and retention_daily do, where it has them. Buckets that are missing are created with that; those that are there change by apply only.\n" +
			"Windows of readings that a shorter retention deletes stay as they are. Restart rione afterwards, so that it asks for levels by the new times."}
	cmd.AddCommand(
		newRetentionCommand("plan", "Show what apply would change", false),
		newRetentionCommand("apply", "Set the buckets' retentions; what is older than a shorter one is deleted", true))
	return cmd
}

// keeping is one bucket's retention, as it is and as it should be.
type keeping struct {
	Target  string `json:"target"`
	Bucket  string `json:"bucket"`
	Now     string `json:"now"`    // duration, "for ever" or "missing"
	Wanted  string `json:"wanted"` // duration or "for ever"
	Changes bool   `json:"changes"`
	Deletes bool   `json:"deletes"` // the new retention is shorter

	missing bool
	there   time.Duration // as it is, 0 for ever
	bucket  influx.Bucket
}

func newRetentionCommand(name, short string, apply bool) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(c)
		if err != nil {
			return err
		}
		var plan []keeping
		for _, store := range app.StoresOf(cfg) {
			part, err := retain(c.Context(), store, apply)
			if err != nil {
				return fmt.Errorf("%s: %w", store.Name, unreached(err, store.URL))
			}
			plan = append(plan, part...)
		}
		if asJSON {
			return printJSON(c, plan)
		}
		return printRetention(c, plan)
	}}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// unreached adds what to look at where no InfluxDB answered.
func unreached(err error, url string) error {
	if errors.As(err, new(*influx.Error)) {
		return err
	}
	return fmt.Errorf("%w; is InfluxDB running at %s?", err, url)
}

// retain plans the retentions of a store, and sets them if apply says so.
func retain(ctx context.Context, s app.Store, apply bool) ([]keeping, error) {
	client, err := influx.NewClient(influx.Options{URL: s.URL, Token: s.Token, Org: s.Org})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	plan, err := planRetention(ctx, client, s)
	if err == nil && apply {
		err = applyRetention(ctx, client, plan)
	}
	return plan, err
}

func planRetention(ctx context.Context, client *influx.Client, s app.Store) ([]keeping, error) {
	var out []keeping
	for _, b := range s.Buckets {
		k := keeping{Target: s.Name, Bucket: b.Name, Wanted: keptFor(b.Retention), bucket: b}
		there, err := client.Retention(ctx, b.Name)
		switch {
		case errors.Is(err, influx.ErrNoBucket):
			k.Now, k.missing, k.Changes = "missing", true, true
		case err != nil:
			return nil, err
		default:
			k.Now, k.there, k.Changes = keptFor(there), there, there != b.Retention
			k.Deletes = k.Changes && b.Retention > 0 && (there == 0 || b.Retention < there)
		}
		out = append(out, k)
	}
	return out, nil
}

func applyRetention(ctx context.Context, client *influx.Client, plan []keeping) error {
	for _, k := range plan {
		var err error
		switch {
		case k.missing:
			err = client.EnsureBuckets(ctx, []influx.Bucket{k.bucket})
		case k.Changes:
			err = client.SetRetention(ctx, k.Bucket, k.bucket.Retention)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func keptFor(d time.Duration) string {
	switch {
	case d == 0:
		return "for ever"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}

func printRetention(c *cobra.Command, plan []keeping) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TARGET\tBUCKET\tNOW\tWANTED\t")
	for _, k := range plan {
		note := ""
		if k.Changes {
			note = "changes"
		}
		if k.Deletes {
			note = "changes, and deletes what is older"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.Target, k.Bucket, k.Now, k.Wanted, note)
	}
	return w.Flush()
}
