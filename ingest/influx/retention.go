package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/influxdata/influxdb-client-go/v2/domain"
)

// ErrNoBucket is returned for a bucket that is not there.
var ErrNoBucket = errors.New("there is no such bucket")

// Retention returns how long a bucket keeps points, 0 for ever. It returns
// ErrNoBucket where there is none.
func (c *Client) Retention(ctx context.Context, bucket string) (time.Duration, error) {
	gen, err := c.generation(ctx)
	if err != nil {
		return 0, fmt.Errorf("ask InfluxDB for its version: %w", err)
	}
	if gen == 2 {
		return c.bucketRetention(ctx, bucket)
	}
	there, err := c.hasDatabase(ctx, bucket)
	if err != nil || !there {
		return 0, errors.Join(err, ifMissing(there, err))
	}
	policies, err := c.Query(ctx, "", "SHOW RETENTION POLICIES ON "+Ident(bucket))
	if err != nil {
		return 0, fmt.Errorf("retention of %s: %w", bucket, err)
	}
	name := defaultPolicy(policies)
	for _, s := range policies {
		for _, row := range s.Values {
			if row[0] == name {
				text, _ := row[1].(string)
				return time.ParseDuration(text)
			}
		}
	}
	return 0, fmt.Errorf("the database %s has no default retention policy: give it one", bucket)
}

func ifMissing(there bool, err error) error {
	if err == nil && !there {
		return ErrNoBucket
	}
	return nil
}

func (c *Client) hasDatabase(ctx context.Context, name string) (bool, error) {
	all, err := c.Query(ctx, "", "SHOW DATABASES")
	if err != nil {
		return false, fmt.Errorf("list the databases: %w", err)
	}
	for _, s := range all {
		for _, row := range s.Values {
			if row[0] == name {
				return true, nil
			}
		}
	}
	return false, nil
}

func (c *Client) bucketRetention(ctx context.Context, name string) (time.Duration, error) {
	b, err := c.findBucket(ctx, name)
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound || err == nil && b == nil {
		return 0, ErrNoBucket
	}
	if err != nil {
		return 0, fmt.Errorf("retention of %s: %w", name, err)
	}
	for _, r := range b.RetentionRules {
		return time.Duration(r.EverySeconds) * time.Second, nil
	}
	return 0, nil
}

// SetRetention changes how long a bucket that is there keeps points; 0 is for
// ever. A shorter retention makes the server delete what is older.
func (c *Client) SetRetention(ctx context.Context, bucket string, keep time.Duration) error {
	gen, err := c.generation(ctx)
	if err != nil {
		return fmt.Errorf("ask InfluxDB for its version: %w", err)
	}
	if gen == 1 {
		err = c.alterPolicy(ctx, bucket, keep)
	} else {
		err = c.alterRule(ctx, bucket, keep)
	}
	if err != nil {
		return fmt.Errorf("retention of %s: %w", bucket, err)
	}
	return nil
}

// shardOf returns how much time a shard holds, which must not be longer than
// the retention: as the server chooses where it is not told.
func shardOf(keep time.Duration) time.Duration {
	switch {
	case keep == 0 || keep > 180*24*time.Hour:
		return 7 * 24 * time.Hour
	case keep < 48*time.Hour:
		return time.Hour
	}
	return 24 * time.Hour
}

// alterPolicy changes the default policy of a database of 1.8.
func (c *Client) alterPolicy(ctx context.Context, bucket string, keep time.Duration) error {
	duration := "INF"
	if keep > 0 {
		duration = fmt.Sprintf("%ds", int64(keep/time.Second))
	}
	policies, err := c.Query(ctx, "", "SHOW RETENTION POLICIES ON "+Ident(bucket))
	if err != nil {
		return err
	}
	_, err = c.Query(ctx, "", fmt.Sprintf("ALTER RETENTION POLICY %s ON %s DURATION %s SHARD DURATION %ds",
		Ident(defaultPolicy(policies)), Ident(bucket), duration, int64(shardOf(keep)/time.Second)))
	return err
}

// alterRule changes the rule of a bucket of 2.x.
func (c *Client) alterRule(ctx context.Context, bucket string, keep time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	b, err := c.findBucket(ctx, bucket)
	if err != nil {
		return err
	}
	if b == nil {
		return ErrNoBucket
	}
	shard := int64(shardOf(keep) / time.Second)
	b.RetentionRules = []domain.RetentionRule{{EverySeconds: int64(keep / time.Second), ShardGroupDurationSeconds: &shard}}
	_, err = c.api.BucketsAPI().UpdateBucket(ctx, b)
	return err
}
