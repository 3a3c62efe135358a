package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
	"rione/simulator"
	"rione/simulator/account"
	"rione/simulator/mqttclient"
)

// target is what a city is simulated against: the running rione, or any broker
// with InfluxDB behind it.
type target struct {
	broker, influx, token, db string
	door                      string
	version                   int
	ca                        string
	remote                    bool
	wait                      time.Duration
}

func (t *target) flags(f *pflag.FlagSet) {
	f.StringVar(&t.broker, "broker", "", "MQTT broker, tcp:// or tls:// (default: the running rione; with a broker of others, its API is not asked)")
	f.StringVar(&t.influx, "influx", "", "InfluxDB to read back from (default: the running rione's)")
	f.StringVar(&t.token, "influx-token", "", "its token (default: the running rione's)")
	f.StringVar(&t.db, "influx-db", "", "its database or bucket (default: rione's)")
	f.StringVar(&t.door, "door", "mqtt", "mqtt, or http to push everything")
	f.IntVar(&t.version, "mqtt", 4, "version of MQTT: 4 (3.1.1) or 5")
	f.StringVar(&t.ca, "ca", "", "PEM file of the authority that a tls:// broker's certificate is of (default: the system's)")
	f.DurationVar(&t.wait, "influx-wait", 0, "how long the store may take to catch up after the last ack (default 1m)")
	f.BoolVar(&t.remote, "allow-remote", false, "targets on other machines, which are yours to load")
}

// options returns where to publish and what to ask.
func (t *target) options(cfg config.Config) (simulator.Options, error) {
	if t.door != "mqtt" && t.door != "http" {
		return simulator.Options{}, usageError{fmt.Errorf("--door %q: say mqtt or http", t.door)}
	}
	dialer, err := t.dialer()
	if err != nil {
		return simulator.Options{}, usageError{err}
	}
	o := simulator.Options{Broker: t.broker, Dialer: dialer, AllowRemote: t.remote}
	o.Influx = simulator.InfluxTarget{URL: t.influx, Token: t.token, DB: t.db, Wait: t.wait}
	if o.Influx.DB == "" {
		o.Influx.DB = cfg.InfluxBucket
	}
	at, err := app.Running(cfg.DataDir)
	if err != nil {
		if t.broker == "" {
			return o, errNotRunning
		}
		return o, nil
	}
	return o, t.running(cfg, at, &o)
}

// running sets what the flags leave to the running rione.
func (t *target) running(cfg config.Config, at app.Addresses, o *simulator.Options) error {
	base := "http://" + at.HTTP
	admin := cfg.AdminToken
	if admin == "" {
		var err error
		if admin, err = app.AdminToken(cfg.DataDir); err != nil {
			return err
		}
	}
	o.Push = simulator.PushTarget{URL: base, Token: admin}
	if t.broker != "" {
		return nil
	}
	o.Broker = "tcp://" + at.MQTT
	o.API = account.Target{URL: base, Token: admin}
	if t.influx == "" {
		o.Influx.URL, o.Influx.Token = app.StoreOf(cfg)
	}
	return nil
}

func (t *target) dialer() (*mqttclient.Pool, error) {
	o := mqttclient.Options{Version: byte(t.version)}
	if t.version != mqttclient.V311 && t.version != mqttclient.V5 {
		return nil, fmt.Errorf("--mqtt %d: say 4 (3.1.1) or 5", t.version)
	}
	if t.ca != "" {
		pem, err := os.ReadFile(t.ca)
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("--ca: there is no certificate in the file")
		}
		o.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return mqttclient.New(o)
}
