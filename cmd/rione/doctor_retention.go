package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
)

// examineRetention tells of buckets that keep points for another time than they
// should, and of readings that are kept for less than the journal can replay. An
// InfluxDB that does not answer is others' to tell of.
func examineRetention(ctx context.Context, cfg config.Config) (out []finding) {
	for _, store := range app.StoresOf(cfg) {
		if store.URL == "" {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, 5*time.Second)
		plan, err := retain(limited, store, false)
		cancel()
		if err != nil {
			continue
		}
		f := finding{What: "retention at " + store.Name, Advice: retentionAdvice(plan, cfg)}
		f.Well = f.Advice == ""
		out = append(out, f)
	}
	return out
}

// retentionAdvice is "" where all is as it should be.
func retentionAdvice(plan []keeping, cfg config.Config) string {
	var advice []string
	for i, k := range plan {
		if k.missing || !k.Changes {
			continue
		}
		advice = append(advice, fmt.Sprintf("%s keeps points %s in place of %s", k.Bucket, k.Now, k.Wanted))
		if raw := i < 2; raw && k.there > 0 && k.there < cfg.JournalReplayWindow { // the first two hold readings
			advice = append(advice, fmt.Sprintf("that is less than RIONE_JOURNAL_REPLAY_WINDOW, %v: what is replayed from before it is dropped by the store", cfg.JournalReplayWindow))
		}
	}
	if len(advice) == 0 {
		return ""
	}
	return strings.Join(advice, "; ") + "; `rione retention plan` shows what apply changes, and what it deletes"
}
