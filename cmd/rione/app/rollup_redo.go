package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"rione/api"
	"rione/devices"
	"rione/ingest/rollup"
)

// redoRollups orders windows again, of every target those of the devices whose
// readings it may hold.
func (a *App) redoRollups(ctx context.Context, o api.RollupOrder) (api.RollupOrdered, error) {
	chosen, err := a.rollupDevices(o)
	if err != nil {
		return api.RollupOrdered{}, fmt.Errorf("%w: %w", api.ErrRollupRefused, err)
	}
	out := api.RollupOrdered{Devices: len(chosen)}
	for i, t := range a.rollups {
		order := rollup.Order{From: o.Since, To: o.Until, DryRun: o.DryRun}
		if order.To.IsZero() {
			order.To = t.runner.Status().Until
		}
		for _, d := range chosen {
			if everStood(d, func(comune string) bool { return a.stores.indexOf(comune) == i }) {
				order.Devices = append(order.Devices, d.ID)
			}
		}
		done, err := t.runner.Again(ctx, order)
		if err != nil {
			return out, err
		}
		if done.Quarters == 0 && i > 0 {
			continue
		}
		if out.Quarters == 0 || done.From.Before(out.Since) {
			out.Since = done.From
		}
		if done.To.After(out.Until) {
			out.Until = done.To
		}
		out.Measurements, out.Quarters = max(out.Measurements, done.Measurements), out.Quarters+done.Quarters
	}
	return out, nil
}

// rollupDevices returns the devices that an order is about.
func (a *App) rollupDevices(o api.RollupOrder) ([]*devices.Device, error) {
	snapshot := a.registry.Snapshot()
	if len(o.Devices) > 0 && o.Comune != "" {
		return nil, errors.New("name devices or a comune, not both")
	}
	if !o.Until.IsZero() && !o.Since.Before(o.Until) {
		return nil, errors.New("until is not after since")
	}
	var out []*devices.Device
	for _, id := range slices.Compact(slices.Sorted(slices.Values(o.Devices))) {
		d := snapshot.Device(id)
		if d == nil {
			return nil, fmt.Errorf("there is no device %q; `rione devices list` names them", id)
		}
		out = append(out, d)
	}
	if len(o.Devices) > 0 {
		return out, nil
	}
	for _, d := range snapshot.All() {
		if everStood(d, func(comune string) bool { return comune == cmp.Or(o.Comune, comune) }) {
			out = append(out, d)
		}
	}
	if o.Comune != "" && len(out) == 0 {
		return nil, fmt.Errorf("no device ever stood in comune %q", o.Comune)
	}
	return out, nil
}

func everStood(d *devices.Device, in func(comune string) bool) bool {
	return slices.ContainsFunc(d.Placements, func(p devices.Placement) bool { return in(p.Comune) })
}
