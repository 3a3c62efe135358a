package readback

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options of a read-back.
type Options struct {
	Target   Target
	Deadline time.Time // until when the store may still be catching up
	Progress func(devices int)
}

// atOnce is how many devices are read back at the same time.
const atOnce = 4

// Verify reads back what devices said. Until the deadline, a device that misses
// something is asked again. It uses the memory of a few windows of messages,
// however long the run was.
func Verify(ctx context.Context, devices []Device, o Options) (*Result, error) {
	v := &verifier{o: o, client: client{target: o.Target, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}}}
	defer v.client.http.CloseIdleConnections()
	if err := v.awaitLast(ctx, devices); err != nil {
		return nil, err
	}
	var sum tally
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range devices {
		group.Go(func() error {
			d := &devices[i]
			t, err := v.patiently(ctx, d)
			if err == nil && t.result.Lost > 0 {
				err = v.investigate(ctx, d, t)
			}
			if err != nil {
				return fmt.Errorf("read back %s: %w", d.ID, err)
			}
			sum.add(t)
			v.o.Progress(1)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return sum.total(), nil
}

type verifier struct {
	o      Options
	client client
}

// pause is the time between two looks at a store that is catching up.
const pause = 100 * time.Millisecond

// patiently reads a device back until nothing is missing or the deadline is over.
func (v *verifier) patiently(ctx context.Context, d *Device) (*tally, error) {
	for {
		t, err := v.device(ctx, d)
		late := !time.Now().Before(v.o.Deadline)
		switch {
		case err != nil && (late || errors.Is(err, errDenied)):
			return nil, err
		case err == nil && (late || t.result.Lost == 0):
			return t, nil
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
}

func wait(ctx context.Context) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// device reads a device back once, window by window.
func (v *verifier) device(ctx context.Context, d *Device) (*tally, error) {
	t, w := &tally{}, newWindow()
	for m := range d.Messages {
		if w.add(&m); len(w.messages) < windowSize {
			continue
		}
		if err := v.window(ctx, d, w, t); err != nil {
			return nil, err
		}
		w = newWindow()
	}
	if len(w.messages) > 0 {
		if err := v.window(ctx, d, w, t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (v *verifier) window(ctx context.Context, d *Device, w *window, t *tally) error {
	first, last := w.span()
	var q strings.Builder
	for _, name := range w.names {
		fmt.Fprintf(&q, `SELECT * FROM "%s" WHERE "device_id" = '%s' AND time >= %dms AND time < %dms;`, name, d.ID, first, last+1)
	}
	if err := v.client.query(ctx, q.String(), func(r *row) { w.compare(d, r, t) }); err != nil {
		return err
	}
	t.settle(d, w)
	return nil
}

// sample is how many devices awaitLast looks at.
const sample = 50

// awaitLast waits until the last acked message of some devices is there, or the
// deadline is over: before that, reading everything back is a waste.
func (v *verifier) awaitLast(ctx context.Context, devices []Device) error {
	step := max(len(devices)/sample, 1)
	for i := 0; i < len(devices); i += step {
		d := devices[i]
		last := lastAcked(&d)
		d.Messages = func(yield func(Message) bool) {
			if last != nil {
				yield(*last)
			}
		}
		if _, err := v.patiently(ctx, &d); err != nil {
			return fmt.Errorf("wait for %s: %w", d.ID, err)
		}
	}
	return nil
}

// lastAcked returns a copy of the last message that was acked, nil for none.
func lastAcked(d *Device) (last *Message) {
	for m := range d.Messages {
		if m.Acked {
			m.Readings = cloneReadings(m.Readings)
			last = &m
		}
	}
	return last
}
