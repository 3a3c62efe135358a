package influx

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// The pauses between two tries of one request.
const (
	minPause      = 100 * time.Millisecond
	maxPause      = 2 * time.Second
	maxRetryAfter = 5 * time.Minute
)

// patience is after how many time-outs in a row a body is called too large for
// a slow store.
const patience = 2

// deliver sends body until the store takes it or finds fault with its lines,
// which is the *Error, or ctx ends, which is the error. With splittable, a body
// that keeps timing out counts as too large.
func (w *Writer) deliver(ctx context.Context, url string, body []byte, splittable bool) (*Error, error) {
	z := w.zip(body)
	defer w.unzip(z)
	timeouts := 0
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		err := w.post(ctx, url, body, z)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var said *Error
		answered := errors.As(err, &said)
		if err == nil || answered && said.aboutLines() {
			w.setDown(nil)
			return said, nil
		}
		w.setDown(err)
		w.metrics.retry(err)
		if isTimeout(err) {
			timeouts++
		} else {
			timeouts = 0
		}
		if splittable && timeouts == patience {
			return &Error{Status: http.StatusRequestEntityTooLarge, Detail: "no answer in time"}, nil
		}
		wait := jitter(pause)
		if answered {
			wait = max(wait, min(said.RetryAfter, maxRetryAfter))
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// aboutLines tells answers that blame the lines from those that will be others
// later. Everything that is not known to be about the lines is of the second
// kind, since a wrong token, organisation or proxy must not lose data.
func (e *Error) aboutLines() bool {
	switch e.Status {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
	default:
		return false
	}
	if strings.Contains(e.Detail, "pending deletion") {
		return false // the retention is about to remove the shard; then they are expired
	}
	return strings.Contains(e.Detail, "partial write") ||
		strings.Contains(e.Detail, "unable to parse '") ||
		strings.Contains(e.Detail, "field type conflict")
}

func isTimeout(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// jitter keeps writers that failed together from trying again together.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post sends one request; z is the body compressed, or nil.
func (w *Writer) post(ctx context.Context, url string, body []byte, z *zipped) error {
	ctx, cancel := context.WithTimeout(ctx, w.client.opts.Timeout)
	defer cancel()
	if z != nil {
		body = z.buf.Bytes()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	started := time.Now()
	resp, err := w.client.service.DoHTTPRequestWithResponse(req, func(r *http.Request) {
		r.Header.Set("Content-Type", "text/plain; charset=utf-8")
		if z != nil {
			r.Header.Set("Content-Encoding", "gzip")
		}
		if len(body) > large {
			r.Header.Set("Expect", "100-continue")
		}
	})
	w.metrics.request(time.Since(started), len(body))
	if err != nil {
		return err
	}
	defer drain(resp)
	if resp.StatusCode >= 300 {
		return readError(resp)
	}
	return nil
}

// large is from when on, in bytes, the store is asked before a body is sent:
// one that refuses it unread closes the connection, and its answer can be lost.
const large = 1 << 20

// zipped is a body compressed, and what compressed it.
type zipped struct {
	buf bytes.Buffer
	zip *gzip.Writer
}

// zip compresses body for stores on another machine.
func (w *Writer) zip(body []byte) *zipped {
	if w.client.loopback {
		return nil
	}
	z := w.zips.Get().(*zipped)
	z.buf.Reset()
	z.zip.Reset(&z.buf)
	_, _ = z.zip.Write(body) // a bytes.Buffer takes everything
	_ = z.zip.Close()
	return z
}

func (w *Writer) unzip(z *zipped) {
	if z != nil {
		w.zips.Put(z)
	}
}
