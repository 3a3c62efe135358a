package influx

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Reject is a line that the store did not take.
type Reject struct {
	Line    int    // its index in the batch
	Expired bool   // older than the bucket's retention
	Detail  string // what the store said
}

// Writer writes batches to one InfluxDB. It is safe for concurrent use.
type Writer struct {
	client  *Client
	metrics *writerMetrics
	zips    sync.Pool // of *zipped

	mu        sync.Mutex
	down      error
	downSince time.Time
}

// NewWriter returns a Writer that uses c with its logger and metrics. It fails
// when the metrics are registered already.
func NewWriter(c *Client) (*Writer, error) {
	m, err := newWriterMetrics(c.opts.Metrics)
	if err != nil {
		return nil, fmt.Errorf("register the metrics of the writer: %w", err)
	}
	w := &Writer{client: c, metrics: m}
	w.zips.New = func() any {
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for unknown levels only
		return &zipped{zip: z}
	}
	return w, nil
}

// Down returns why the store takes nothing at the moment; nil when it does, or
// nothing was written yet.
func (w *Writer) Down() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.down
}

// setDown notes the state of the store and logs its changes.
func (w *Writer) setDown(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch logger := w.client.opts.Logger; {
	case err != nil && w.down == nil:
		w.downSince = time.Now()
		logger.Warn("InfluxDB takes no writes, trying again until it does", "url", w.client.base.Redacted(), "error", err)
	case err == nil && w.down != nil:
		logger.Info("InfluxDB takes writes again", "url", w.client.base.Redacted(), "after", time.Since(w.downSince).Round(time.Millisecond))
	}
	w.down = err
	w.metrics.setDown(err != nil)
}

// Write returns when every line of b is stored, expired or rejected; the last
// two are listed in the order of their lines. It tries again for as long as ctx
// lives when the store cannot be reached, is overloaded, refuses the token or
// does not know the bucket; it splits what is too large, and narrows what is
// refused down to the lines at fault. An error means that ctx ended: some lines
// may be stored then, and writing all of them again does no harm.
func (w *Writer) Write(ctx context.Context, bucket string, b *Batch) ([]Reject, error) {
	if b.Len() == 0 {
		return nil, nil
	}
	n := narrower{w: w, url: w.writeURL(bucket), batch: b}
	said, err := w.deliver(ctx, n.url, b.buf, b.Len() > 1)
	if err == nil && said != nil {
		err = n.narrow(ctx, indexes(b.Len()), said)
	}
	if err != nil {
		return nil, fmt.Errorf("write to InfluxDB: %w", err)
	}
	slices.SortFunc(n.rejects, func(a, b Reject) int { return a.Line - b.Line })
	w.metrics.count(b.Len(), n.rejects)
	return n.rejects, nil
}

func (w *Writer) writeURL(bucket string) string {
	u := w.client.base.JoinPath("api/v2/write")
	u.RawQuery = url.Values{"org": {w.client.opts.Org}, "bucket": {bucket}, "precision": {"ns"}}.Encode()
	return u.String()
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
