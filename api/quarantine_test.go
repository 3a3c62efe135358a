package api

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// memoryQuarantine is a quarantine in memory.
type memoryQuarantine struct {
	mu       sync.Mutex
	entries  []Entry
	replayed []string
}

func (q *memoryQuarantine) chosen(f EntryFilter) (in, out []Entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.entries {
		if (f.Reason == "" || f.Reason == e.Reason) && (f.Device == "" || f.Device == e.Device) &&
			(f.Comune == "" || f.Comune == e.Comune) && (len(f.Comuni) == 0 || slices.Contains(f.Comuni, e.Comune)) &&
			(f.Since.IsZero() || !e.Received.Before(f.Since)) && (f.Until.IsZero() || e.Received.Before(f.Until)) && (len(f.IDs) == 0 || slices.Contains(f.IDs, e.ID)) {
			in = append(in, e)
		} else {
			out = append(out, e)
		}
	}
	return in, out
}

func (q *memoryQuarantine) List(_ context.Context, f EntryFilter) ([]Entry, error) {
	in, _ := q.chosen(f)
	for i := range in {
		in[i].Payload, in[i].Binary = "", false
	}
	return in, nil
}

func (q *memoryQuarantine) Groups(_ context.Context, f EntryFilter) ([]EntryGroup, error) {
	in, _ := q.chosen(f)
	var groups []EntryGroup
	for _, e := range in {
		i := slices.IndexFunc(groups, func(g EntryGroup) bool { return g.Reason == e.Reason && g.Device == e.Device })
		if i < 0 {
			i = len(groups)
			groups = append(groups, EntryGroup{Reason: e.Reason, Device: e.Device, First: e.Received, Last: e.Received})
		}
		groups[i].Count++
	}
	return groups, nil
}

func (q *memoryQuarantine) Causes(ctx context.Context, f EntryFilter) ([]EntryGroup, error) {
	groups, err := q.Groups(ctx, f)
	for i := range groups {
		groups[i].Device, groups[i].Devices, groups[i].Hint = "", 1, "mend it"
	}
	return groups, err
}

func (q *memoryQuarantine) Get(_ context.Context, id string) (Entry, error) {
	if in, _ := q.chosen(EntryFilter{IDs: []string{id}}); len(in) == 1 {
		return in[0], nil
	}
	return Entry{}, fmt.Errorf("quarantine: %w", ErrNotFound)
}

func (q *memoryQuarantine) Replay(ctx context.Context, f EntryFilter) (int, error) {
	in, _ := q.chosen(f)
	for _, e := range in {
		q.replayed = append(q.replayed, e.ID)
	}
	return q.Drop(ctx, f)
}

func (q *memoryQuarantine) Drop(_ context.Context, f EntryFilter) (int, error) {
	in, out := q.chosen(f)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.entries = out
	return len(in), nil
}

func demoEntries(now time.Time) []Entry {
	var entries []Entry
	for i := range 12 {
		entries = append(entries, Entry{ID: fmt.Sprint(100 + i), Received: now.Add(-time.Duration(i) * time.Minute).UTC(),
			Reason: "unknown_device", Detail: "no device of that id is registered", Device: "air-fontana-7", Comune: "058091", Door: "mqtt",
			Topic: "sc/v1/058091/air/air-fontana-7/up", Payload: `{"ts":1763791200123,"temp_c":21.4}`})
	}
	return append(entries, Entry{ID: "90", Received: now.Add(-time.Hour).UTC(), Reason: "wrong_type", Detail: "clients: 3.5 is not a whole number",
		Device: "wifi-ap-058091-000", Comune: "058091", Door: "mqtt", Topic: "sc/v1/058091/wifi_ap/wifi-ap-058091-000/up", Payload: `{"clients":3.5}`})
}
