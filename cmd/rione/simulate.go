package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/simulator"
	"rione/simulator/terminal"
)

type simulation struct {
	devices  int
	rate     float64
	duration time.Duration
	seed     uint64
	formats  []string
	register bool
	broker   string
	influx   string
	token    string
	quiet    bool
	asJSON   bool
}

func newSimulate() *cobra.Command {
	var s simulation
	cmd := &cobra.Command{
		Use: "simulate", Short: "Simulate a city against a running rione, and prove what was stored",
		Long: "Registers a seeded fleet, publishes over MQTT on an open-loop schedule, and reads back from InfluxDB what became of every acked reading.\n" +
			"Targets are on this machine only.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			return s.run(c, cfg)
		},
	}
	f := cmd.Flags()
	f.IntVar(&s.devices, "devices", 200, "devices of the fleet")
	f.Float64Var(&s.rate, "rate", 0, "messages a second in all (0: each device's own interval)")
	f.DurationVar(&s.duration, "for", time.Minute, "how long to publish")
	f.Uint64Var(&s.seed, "seed", 1, "the same seed makes the same city")
	f.StringSliceVar(&s.formats, "formats", []string{"native", "senml", "chirpstack"}, "what the devices speak")
	f.BoolVar(&s.register, "register", true, "register the fleet first")
	f.StringVar(&s.broker, "broker", "", "MQTT broker (default: the running rione)")
	f.StringVar(&s.influx, "influx", "", "InfluxDB to read back from (default: the running rione's)")
	f.StringVar(&s.token, "influx-token", "", "its token (default: the running rione's)")
	f.BoolVar(&s.quiet, "quiet", false, "no progress, only the summary")
	jsonFlag(cmd, &s.asJSON)
	return cmd
}

func (s *simulation) run(c *cobra.Command, cfg config.Config) error {
	city, err := cityOf(fmt.Sprintf("sim%d-%d", s.seed, s.devices), s.devices, s.seed, demoComuni(), s.formats...)
	if err != nil {
		return usageError{err}
	}
	o, err := s.options(cfg)
	if err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return usageError{err}
	}
	if s.register {
		file, err := registryFile(city)
		if err != nil {
			return err
		}
		if _, err := importDevices(c.Context(), cfg, file, false, true); err != nil {
			return err
		}
	}
	view := terminal.New(c.OutOrStdout(), c.ErrOrStderr(), terminal.Options{Quiet: s.quiet, JSON: s.asJSON})
	o.Progress = view.Progress
	sum, err := simulator.Run(c.Context(), city, o)
	if sum == nil {
		return err
	}
	if err := errors.Join(err, view.Summary(sum)); err != nil {
		return err
	}
	if !sum.Clean() {
		return silentError{}
	}
	return nil
}

func (s *simulation) options(cfg config.Config) (simulator.Options, error) {
	at, err := app.Running(cfg.DataDir)
	if err != nil && s.broker == "" {
		return simulator.Options{}, errNotRunning
	}
	o := simulator.Options{Broker: s.broker, Rate: s.rate, For: s.duration}
	if o.Broker == "" {
		o.Broker = "tcp://" + at.MQTT
	}
	o.Influx = simulator.InfluxTarget{URL: s.influx, Token: s.token, DB: cfg.InfluxBucket}
	if s.influx == "" && s.broker == "" {
		o.Influx.URL, o.Influx.Token = app.StoreOf(cfg)
	}
	return o, nil
}
