package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"rione/api"
	"rione/ingest"
	"rione/ingest/decode/native"
	"rione/ingest/process"
	"rione/ingest/schema"
)

// importPath is where readings of the past are pushed to.
const importPath = "/ingest/v1/native"

// checker says what is wrong with readings before they are brought in: with their
// values and times by the normalization that they will go through, with their
// devices by the registry.
type checker struct {
	client    *client
	explainer *process.Explainer
	now       time.Time
	keep      func(comune string) schema.Retention // by its store
	devices   map[string]asked                     // by id
}

// asked is what the registry said of a device.
type asked struct {
	comune string
	wrong  error // why nothing can be brought in of it
}

func newChecker(c *client, keep func(comune string) schema.Retention, now time.Time) *checker {
	return &checker{
		client: c, explainer: process.NewExplainer(native.New(), process.OfHistory),
		now: now, keep: keep, devices: map[string]asked{},
	}
}

// check returns what a person should know of a reading that can be brought in, or
// why it cannot be. The error is a registryError where the registry does not answer.
func (k *checker) check(ctx context.Context, payload []byte) (aside []string, err error) {
	points, notes, refused, err := k.explainer.Explain(&ingest.Message{Received: k.now, Topic: importPath, Payload: payload})
	var all *ingest.Refusal
	if errors.As(err, &all) && len(refused) == 0 {
		refused = []ingest.Refusal{*all}
	}
	if len(refused) > 0 {
		return nil, fieldErrors(refused)
	}
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		if n.What == process.NoteSuspect {
			aside = append(aside, fmt.Sprintf("%s: %s is set aside as suspect: %s", n.Field, n.From, n.Why))
		}
	}
	if len(points) == 0 {
		return aside, errors.New("there is no value: what stands there means that nothing was measured")
	}
	d, err := k.device(ctx, points[0].Device)
	if err = errors.Join(err, d.wrong); err != nil {
		return nil, err
	}
	keep, at := k.keep(d.comune), points[0].Time
	if !keep.Holds(schema.Raw, k.now.Sub(at)) {
		return nil, fmt.Errorf("time: %s is longer ago than readings are kept, %s; raise RIONE_RETENTION_RAW, then `rione retention apply`, and restart rione",
			at.Format(time.RFC3339), keptFor(keep.Raw))
	}
	return aside, nil
}

func fieldErrors(refused []ingest.Refusal) error {
	var errs []error
	for _, r := range refused {
		text := r.Detail
		if r.Field != "" {
			text = r.Field + ": " + text
		}
		errs = append(errs, errors.New(text))
	}
	return errors.Join(errs...)
}

// device asks the registry for a device, once.
func (k *checker) device(ctx context.Context, id string) (asked, error) {
	if d, known := k.devices[id]; known {
		return d, nil
	}
	d, err := k.ask(ctx, id)
	if err != nil {
		return d, registryError{err}
	}
	k.devices[id] = d
	return d, nil
}

// registryError says that nobody knows which devices there are.
type registryError struct{ error }

func (k *checker) ask(ctx context.Context, id string) (asked, error) {
	var d api.DeviceView
	err := k.client.get(ctx, "/v1/devices/"+url.PathEscape(id), nil, &d)
	switch {
	case answered(err, http.StatusNotFound), answered(err, http.StatusUnprocessableEntity):
		return asked{wrong: fmt.Errorf("device_id: %s is not registered; bring it in with `rione devices import`", id)}, nil
	case err != nil:
		return asked{}, err
	case d.Pending:
		return asked{wrong: fmt.Errorf("device_id: %s waits for approval; `rione devices approve %s`", id, id)}, nil
	case d.Retired:
		return asked{wrong: fmt.Errorf("device_id: %s is retired, and nothing is taken of it", id)}, nil
	}
	return asked{comune: d.Comune}, nil
}
