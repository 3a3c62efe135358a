package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
)

func newUp() *cobra.Command {
	var demo bool
	cmd := &cobra.Command{
		Use: "up", Short: "Run everything on this machine",
		Long: "Starts the journal, InfluxDB (unless RIONE_INFLUX_URL names one), the processor, the MQTT and HTTP doors, the API and the console.\n" +
			"Ready means that GET /status answers 200. Ctrl-C stops everything in order.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			return up(c.Context(), c.ErrOrStderr(), cfg, demo)
		},
	}
	cmd.Flags().BoolVar(&demo, "demo", false, "register a small city and simulate it")
	return cmd
}

func up(ctx context.Context, out io.Writer, cfg config.Config, demo bool) error {
	level, err := cfg.Level()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}))
	o := app.Options{Config: cfg, Version: version, Progress: out, Logger: log}
	if demo {
		// The demo's devices have no secrets; the listener is checked to be on
		// loopback like any other anonymous one.
		if _, set := os.LookupEnv(config.Prefix + "MQTT_ANONYMOUS"); !set && config.Loopback(cfg.MQTTListen) {
			o.Config.MQTTAnonymous = true
		}
		if len(cfg.Networks()) == 0 {
			o.Config.PublicNetworks = demoNetwork
		}
		o.Schematic = schematicZones(demoComuni())
	}
	a, err := app.Start(ctx, o)
	if err != nil {
		return err
	}
	greet(out, a, cfg)
	if demo {
		err = runDemo(ctx, a, o.Config.Networks()[0], log)
	} else {
		<-ctx.Done()
	}
	fmt.Fprintln(out, "rione: stopping")
	return errors.Join(err, a.Close())
}

// greet says where to look.
func greet(out io.Writer, a *app.App, cfg config.Config) {
	at := a.Addresses()
	fmt.Fprintf(out, `
rione is ready.

  console    http://%[1]s/
  API        http://%[1]s/openapi.json   (token: %[2]s)
  MQTT       %[3]s
  InfluxDB   %[4]s   database %[5]s (token: %[6]s)
  dashboards rione dashboards export DIR%[7]s

Ctrl-C stops everything.

`, reachable(at.HTTP), tokenPlace(cfg), at.MQTT, at.Influx, cfg.InfluxBucket, storeTokenPlace(cfg), grafanaHint(cfg))
}

// reachable returns an address that a browser takes for one that listens on all.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return addr
	}
	return net.JoinHostPort("localhost", port)
}

func tokenPlace(cfg config.Config) string {
	if cfg.AdminToken != "" {
		return "RIONE_ADMIN_TOKEN"
	}
	return cfg.DataDir + "/admin.token"
}

func storeTokenPlace(cfg config.Config) string {
	if cfg.InfluxURL != "" {
		return "RIONE_INFLUX_TOKEN"
	}
	return cfg.DataDir + "/influx.token"
}

func grafanaHint(cfg config.Config) string {
	if cfg.GrafanaURL != "" {
		return ", applied to " + cfg.GrafanaURL
	}
	return ", or set RIONE_GRAFANA_URL and RIONE_GRAFANA_TOKEN"
}
