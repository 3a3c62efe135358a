package app

import (
	"context"
	"encoding/base64"
	"unicode/utf8"

	"rione/api"
	"rione/ingest"
	"rione/ingest/quarantine"
)

// refused gives the API the quarantine in its own types.
type refused struct {
	quarantine *quarantine.Quarantine
	intake     ingest.Intake
}

var _ api.Quarantine = refused{}

func filterOf(f api.EntryFilter) quarantine.Filter {
	return quarantine.Filter{Reason: ingest.Reason(f.Reason), Device: f.Device, Comune: f.Comune, Comuni: f.Comuni, Route: f.Route, Since: f.Since, Until: f.Until}
}

// List implements api.Quarantine.
func (r refused) List(_ context.Context, f api.EntryFilter) ([]api.Entry, error) {
	var out []api.Entry
	for _, e := range r.quarantine.List(filterOf(f)) {
		out = append(out, entryOf(e))
	}
	return out, nil
}

func entryOf(e quarantine.Entry) api.Entry {
	out := api.Entry{
		ID: e.ID, Received: e.Received, Reason: string(e.Reason), Detail: e.Detail, Field: e.Field, Unit: e.Unit,
		Device: e.Device, Comune: e.Comune, Door: e.Door, Route: e.Route, Topic: e.Topic,
	}
	if utf8.Valid(e.Payload) {
		out.Payload = string(e.Payload)
	} else {
		out.Payload, out.Binary = base64.StdEncoding.EncodeToString(e.Payload), true
	}
	return out
}

// Groups implements api.Quarantine.
func (r refused) Groups(_ context.Context, f api.EntryFilter) ([]api.EntryGroup, error) {
	index := map[[2]string]int{}
	var out []api.EntryGroup
	for _, e := range r.quarantine.List(filterOf(f)) { // newest first
		key := [2]string{string(e.Reason), e.Device}
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, api.EntryGroup{Reason: key[0], Device: key[1], Last: e.Received})
		}
		out[i].Count++
		out[i].First = e.Received
	}
	return out, nil
}

// Causes implements api.Quarantine.
func (r refused) Causes(_ context.Context, f api.EntryFilter) ([]api.EntryGroup, error) {
	var out []api.EntryGroup
	for _, g := range r.quarantine.Groups(filterOf(f)) {
		out = append(out, api.EntryGroup{
			Reason: string(g.Reason), Field: g.Field, Unit: g.Unit, Detail: g.Detail, Hint: g.Hint, Devices: g.Devices, Count: g.Count, First: g.Oldest, Last: g.Newest,
		})
	}
	return out, nil
}

// Get implements api.Quarantine.
func (r refused) Get(ctx context.Context, id string) (api.Entry, error) {
	e, err := r.quarantine.Get(ctx, id)
	if err != nil {
		return api.Entry{}, api.ErrNotFound
	}
	return entryOf(e), nil
}

// Replay implements api.Quarantine.
func (r refused) Replay(ctx context.Context, f api.EntryFilter) (int, error) {
	return r.quarantine.Replay(ctx, r.intake, filterOf(f), f.IDs...)
}

// Drop implements api.Quarantine.
func (r refused) Drop(ctx context.Context, f api.EntryFilter) (int, error) {
	return r.quarantine.Drop(ctx, filterOf(f), f.IDs...)
}
