package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rione/cmd/rione/app"
	"rione/simulator"
)

// demoDevices is how many devices the demo city has.
const demoDevices = 400

// demoPublications are data sets of every initiative, one of each form.
func demoPublications() []string {
	return []string{"roma-air", "roma-wifi-use", "palermo-air", "palermo-wifi", "anci-air", "capannori-broadband", "venezia-water"}
}

// runDemo registers the demo city and simulates it until ctx ends.
func runDemo(ctx context.Context, a *app.App, network string, log *slog.Logger) error {
	city, err := demoCity(network)
	if err != nil {
		return err
	}
	file, err := registryFile(city)
	if err != nil {
		return err
	}
	summary, err := a.Import(ctx, file)
	if err != nil {
		return fmt.Errorf("demo city: %w", err)
	}
	log.Info("demo city is registered", "devices", len(city.Devices()), "added", summary.Added)
	if err := a.Publish(ctx, "demo", demoPublications()...); err != nil {
		return fmt.Errorf("open data of the demo: %w", err)
	}
	if err := a.State(ctx, "demo", demoFacts(a.Initiatives(), time.Now())); err != nil {
		return fmt.Errorf("facts of the demo: %w", err)
	}
	_, err = simulator.Run(ctx, city, simulator.Options{Broker: "tcp://" + a.Addresses().MQTT, Faults: demoFaults(), Logger: log})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// demoFaults are what an operator meets every day: a few late and repeated
// messages, some that mean nothing, clocks that were never set, thermometers
// that say what cannot be.
func demoFaults() simulator.Faults {
	return simulator.Faults{Late: 0.002, Duplicate: 0.002, Garbage: 0.001, Unset: 0.08, Stray: 0.05}
}
