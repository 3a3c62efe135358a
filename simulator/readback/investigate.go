package readback

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// investigate looks for some of the lost readings at other times: a store that
// stamps readings anew loses none, and still holds none of them. A store that
// does not answer any more leaves them lost: that much is known.
func (v *verifier) investigate(ctx context.Context, d *Device, t *tally) error {
	for _, e := range t.lost {
		found := false
		err := v.client.query(ctx, anywhere(d, e), func(r *row) {
			if found || d.Said != nil && d.Said(r.ms) || rowKey(r).tags != e.key.tags {
				return
			}
			found = true
			by := at(r.ms).Sub(at(e.key.ms))
			t.result.Restamped++
			t.find(Finding{Kind: Restamped, Device: d.ID, What: e.key.measurement, Time: at(e.key.ms),
				Got: at(r.ms).Format(time.RFC3339Nano), Hint: "off by " + by.String()}, "stored with another time: "+roughly(by))
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			t.blame("lost readings could not be looked for at other times: "+err.Error(), 1)
			return nil
		}
	}
	return nil
}

// anywhere asks for the rows of the device that have all values of e.
func anywhere(d *Device, e *reading) string {
	var q strings.Builder
	fmt.Fprintf(&q, `SELECT * FROM "%s" WHERE "device_id" = '%s'`, e.key.measurement, d.ID)
	for _, v := range e.values {
		q.WriteString(` AND "` + v.Field + `" = ` + strconv.FormatFloat(v.Num, 'f', -1, 64))
	}
	q.WriteString(" LIMIT 100")
	return q.String()
}

// roughly names a shift so that equal causes have equal names.
func roughly(by time.Duration) string {
	hours := by.Round(time.Minute)
	if hours != 0 && hours%(30*time.Minute) == 0 && (by-hours).Abs() < time.Second {
		return "off by " + hours.String() + ", as a time zone read wrongly would be"
	}
	if by > 0 {
		return "later than the device said, as if stamped when received"
	}
	return "earlier than the device said"
}
