package influx

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DeleteSeries removes the points of a measurement with from <= time < to whose tags
// have these values, all of them; at least one is named.
func (c *Client) DeleteSeries(ctx context.Context, bucket, measurement string, tags map[string]string, from, to time.Time) error {
	gen, err := c.generation(ctx)
	if err != nil {
		return fmt.Errorf("ask InfluxDB for its version: %w", err)
	}
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if gen == 1 {
			terms = append(terms, Ident(name)+" = "+String(tags[name]))
		} else {
			terms = append(terms, name+"="+strconv.Quote(tags[name]))
		}
	}
	which, last := strings.Join(terms, " AND "), to.Add(-1) // 2.x counts the end in, so both count it in here
	if gen == 1 {
		_, err = c.Query(ctx, bucket, fmt.Sprintf("DELETE FROM %s WHERE %s AND time >= %d AND time <= %d", Ident(measurement), which, from.UnixNano(), last.UnixNano()))
	} else {
		limited, cancel := context.WithTimeout(ctx, c.opts.Timeout)
		defer cancel()
		err = c.api.DeleteAPI().DeleteWithName(limited, c.opts.Org, bucket, from.UTC(), last.UTC(), which+" AND _measurement="+strconv.Quote(measurement))
	}
	if err != nil {
		return fmt.Errorf("delete points of %s in %s: %w", measurement, bucket, err)
	}
	return nil
}
