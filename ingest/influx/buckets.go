package influx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rione/ingest"

	"github.com/influxdata/influxdb-client-go/v2/domain"
)

// Bucket is a place for points: a bucket of 2.x, a database of 1.8.
type Bucket struct {
	Name string
	// Retention is how long points are kept, at least 1 h. 0 means for ever for
	// a bucket that is created, and leaves one that is there as it is.
	Retention time.Duration
}

// EnsureBuckets creates the buckets that are missing, and sets the retention of
// those that are there and should have one. A shorter retention makes the
// server delete what is older.
func (c *Client) EnsureBuckets(ctx context.Context, buckets []Bucket) error {
	gen, err := c.generation(ctx)
	if err != nil {
		return fmt.Errorf("ask InfluxDB for its version: %w", err)
	}
	ensure := c.ensureDatabase
	if gen == 2 {
		ensure = c.ensureBucket
	}
	for _, b := range buckets {
		if err := ensure(ctx, b); err != nil {
			return fmt.Errorf("ensure the bucket %s: %w", b.Name, err)
		}
	}
	return nil
}

// ensureDatabase is for 1.8, where a bucket is a database's default policy.
func (c *Client) ensureDatabase(ctx context.Context, b Bucket) error {
	duration := " DURATION " + fmt.Sprintf("%ds", int64(b.Retention/time.Second))
	policies, err := c.Query(ctx, "", "SHOW RETENTION POLICIES ON "+Ident(b.Name))
	if err != nil { // not there, or not ours to look at: then creating it says why
		create := "CREATE DATABASE " + Ident(b.Name)
		if b.Retention > 0 {
			create += " WITH" + duration
		}
		_, err = c.Query(ctx, "", create)
		return err
	}
	if b.Retention == 0 {
		return nil
	}
	name := defaultPolicy(policies)
	if name == "" {
		return errors.New("the database has no default retention policy: give it one")
	}
	_, err = c.Query(ctx, "", "ALTER RETENTION POLICY "+Ident(name)+" ON "+Ident(b.Name)+duration)
	return err
}

// defaultPolicy finds the default in the answer of SHOW RETENTION POLICIES.
func defaultPolicy(policies []ingest.Series) string {
	for _, s := range policies {
		for _, row := range s.Values {
			policy := make(map[string]any, len(row))
			for i, column := range s.Columns {
				policy[column] = row[i]
			}
			if policy["default"] == true {
				name, _ := policy["name"].(string)
				return name
			}
		}
	}
	return ""
}

func (c *Client) ensureBucket(ctx context.Context, b Bucket) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	org, err := c.api.OrganizationsAPI().FindOrganizationByName(ctx, c.opts.Org)
	if err != nil {
		return fmt.Errorf("find the organisation %q (RIONE_INFLUX_ORG): %w", c.opts.Org, err)
	}
	var rules []domain.RetentionRule
	if b.Retention > 0 {
		rules = append(rules, domain.RetentionRule{EverySeconds: int64(b.Retention / time.Second)})
	}
	there, err := c.findBucket(ctx, b.Name)
	switch {
	case err != nil:
		return err
	case there == nil:
		_, err = c.api.BucketsAPI().CreateBucketWithName(ctx, org, b.Name, rules...)
	case rules != nil:
		there.RetentionRules = rules
		_, err = c.api.BucketsAPI().UpdateBucket(ctx, there)
	}
	return err
}

// findBucket returns nil for a bucket that is not there.
func (c *Client) findBucket(ctx context.Context, name string) (*domain.Bucket, error) {
	resp, err := c.do(ctx, http.MethodGet, "api/v2/buckets", url.Values{"org": {c.opts.Org}, "name": {name}}, nil, nil)
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer drain(resp)
	var found domain.Buckets
	if err := decodeSmall(resp.Body, &found); err != nil {
		return nil, fmt.Errorf("read the list of buckets: %w", err)
	}
	if found.Buckets == nil || len(*found.Buckets) == 0 {
		return nil, nil
	}
	return &(*found.Buckets)[0], nil
}

// Delete removes the points of devices with from <= time < to, of one measurement
// or, where that is "", of all.
func (c *Client) Delete(ctx context.Context, bucket, measurement string, from, to time.Time, devices ...string) error {
	return c.DeleteBy(ctx, "device_id", bucket, measurement, from, to, devices...)
}

// DeleteBy is Delete of points whose tag has one of the values.
func (c *Client) DeleteBy(ctx context.Context, tag, bucket, measurement string, from, to time.Time, values ...string) error {
	gen, err := c.generation(ctx)
	if err != nil {
		return fmt.Errorf("ask InfluxDB for its version: %w", err)
	}
	last := to.Add(-1) // 2.x counts the end in, so both count it in here
	if gen == 1 {
		err = c.deleteInfluxQL(ctx, tag, bucket, measurement, from, last, values)
	} else {
		for _, v := range values { // there is no "or" in its predicates
			err = errors.Join(err, c.deletePredicate(ctx, tag, bucket, measurement, from, last, v))
		}
	}
	if err != nil {
		return fmt.Errorf("delete points in %s: %w", bucket, err)
	}
	return nil
}

func (c *Client) deleteInfluxQL(ctx context.Context, tag, bucket, measurement string, from, last time.Time, values []string) error {
	if len(values) == 0 {
		return nil
	}
	of := ""
	if measurement != "" {
		of = " FROM " + Ident(measurement)
	}
	named := make([]string, len(values))
	for i, v := range values {
		named[i] = Ident(tag) + " = " + String(v)
	}
	_, err := c.Query(ctx, bucket, fmt.Sprintf("DELETE%s WHERE (%s) AND time >= %d AND time <= %d",
		of, strings.Join(named, " OR "), from.UnixNano(), last.UnixNano()))
	return err
}

func (c *Client) deletePredicate(ctx context.Context, tag, bucket, measurement string, from, last time.Time, value string) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	predicate := tag + "=" + strconv.Quote(value)
	if measurement != "" {
		predicate += " AND _measurement=" + strconv.Quote(measurement)
	}
	return c.api.DeleteAPI().DeleteWithName(ctx, c.opts.Org, bucket, from.UTC(), last.UTC(), predicate)
}
