package readback

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Asker asks single questions, while a run goes on.
type Asker struct{ client client }

// NewAsker returns an asker; Close ends it.
func NewAsker(t Target) *Asker {
	return &Asker{client{target: t, http: &http.Client{Transport: &http.Transport{}}}}
}

// Has tells whether the store holds a reading of that device, measurement and
// time in ms.
func (a *Asker) Has(ctx context.Context, device, measurement string, ms int64) (bool, error) {
	found := false
	q := fmt.Sprintf(`SELECT * FROM "%s" WHERE "device_id" = '%s' AND time >= %dms AND time < %dms LIMIT 1`, measurement, device, ms, ms+1)
	err := a.client.query(ctx, q, func(*row) { found = true })
	return found, err
}

// timeReplaced is the bit of q that says so.
const timeReplaced = 1

// Replaced counts the readings of that device and measurement since a time that
// are flagged to have another time than the device said.
func (a *Asker) Replaced(ctx context.Context, device, measurement string, since time.Time) (n int64, err error) {
	q := fmt.Sprintf(`SELECT "q" FROM "%s" WHERE "device_id" = '%s' AND time >= %dms`, measurement, device, since.UnixMilli())
	err = a.client.query(ctx, q, func(r *row) { n += int64(r.fields["q"]) & timeReplaced })
	return n, err
}

// SetAside counts the values of a device that the store holds apart as suspect,
// since a time.
func (a *Asker) SetAside(ctx context.Context, device string, value float64, since time.Time) (n int64, err error) {
	q := fmt.Sprintf(`SELECT "value" FROM "suspect" WHERE "device_id" = '%s' AND "value" = %g AND time >= %dms`, device, value, since.UnixMilli())
	err = a.client.query(ctx, q, func(*row) { n++ })
	return n, err
}

// Close gives back what the asker holds.
func (a *Asker) Close() { a.client.http.CloseIdleConnections() }
