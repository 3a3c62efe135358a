package influx_test

import (
	"errors"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

func TestStoreRetention(t *testing.T) {
	s := influxtest.Start(t)
	c := s.Client()
	if _, err := c.Retention(t.Context(), "nowhere"); !errors.Is(err, influx.ErrNoBucket) {
		t.Errorf("a bucket that is not there: %v", err)
	}
	if err := c.EnsureBuckets(t.Context(), []influx.Bucket{{Name: "days", Retention: 90 * 24 * time.Hour}, {Name: "ever"}}); err != nil {
		t.Fatal(err)
	}
	f := func(bucket string, want time.Duration) {
		t.Helper()
		if got, err := c.Retention(t.Context(), bucket); err != nil || got != want {
			t.Errorf("%s is kept for %v, %v; want %v", bucket, got, err, want)
		}
	}
	f("days", 90*24*time.Hour)
	f("ever", 0)
	for bucket, keep := range map[string]time.Duration{"days": 0, "ever": 48 * time.Hour} {
		if err := c.SetRetention(t.Context(), bucket, keep); err != nil {
			t.Fatal(err)
		}
		f(bucket, keep)
	}
	if err := c.SetRetention(t.Context(), "nowhere", 0); err == nil {
		t.Error("the retention of nothing is set")
	}
}
