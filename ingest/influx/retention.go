package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
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
	if keep > 0 {
		return c.EnsureBuckets(ctx, []Bucket{{Name: bucket, Retention: keep}})
	}
	if gen == 1 {
		policies, err := c.Query(ctx, "", "SHOW RETENTION POLICIES ON "+Ident(bucket))
		if err == nil {
			_, err = c.Query(ctx, "", "ALTER RETENTION POLICY "+Ident(defaultPolicy(policies))+" ON "+Ident(bucket)+" DURATION INF")
		}
		if err != nil {
			return fmt.Errorf("retention of %s: %w", bucket, err)
		}
		return nil
	}
	return c.keepForEver(ctx, bucket)
}

func (c *Client) keepForEver(ctx context.Context, bucket string) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	b, err := c.findBucket(ctx, bucket)
	if err == nil && b == nil {
		err = ErrNoBucket
	}
	if err == nil {
		b.RetentionRules = nil
		_, err = c.api.BucketsAPI().UpdateBucket(ctx, b)
	}
	if err != nil {
		return fmt.Errorf("retention of %s: %w", bucket, err)
	}
	return nil
}
