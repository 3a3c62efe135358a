package app

import (
	"bytes"
	"context"

	"rione/devices"
)

// Import registers the devices of a CSV file whose positions are known to be
// right, such as a simulated city's.
func (a *App) Import(ctx context.Context, file []byte) (devices.Summary, error) {
	in, err := devices.ReadCSV(bytes.NewReader(file), devices.Unchecked(a.places))
	if err != nil {
		return devices.Summary{}, err
	}
	set, summary := devices.Plan(a.registry.Snapshot(), in)
	if len(set.Put) == 0 {
		return summary, nil
	}
	set.Author = "rione"
	_, err = a.registry.Apply(ctx, set)
	return summary, err
}
