package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"rione/cmd/rione/config"
	"rione/ingest/mqtt"
)

// firstConnection is how long the start waits for an external broker. One that
// is away is tried again for ever.
const firstConnection = 2 * time.Second

// startExternal subscribes at the external brokers.
func (a *App) startExternal(ctx context.Context) error {
	list, err := externalDoors(&a.opt.Config)
	if err != nil {
		return err
	}
	for _, o := range list {
		o.Intake, o.Routes, o.Logger, o.Metrics = a.entry, a.routes, a.log, a.metrics
		d, err := mqtt.New(o)
		if err != nil {
			return err
		}
		a.outer = append(a.outer, d)
		a.outlets.add(mqtt.DoorName, d)
		a.doors.add(d)
		a.life.push("broker door", func(context.Context) error { d.Close(); return nil })
		first, cancel := context.WithTimeout(ctx, firstConnection)
		d.Start(first)
		cancel()
	}
	return nil
}

// externalDoors are the options of a door to each external broker. A client id
// names a session at one broker; the further ones are numbered, since several
// addresses may lead to the same.
func externalDoors(c *config.Config) ([]mqtt.Options, error) {
	var secure *tls.Config
	if c.BrokerCA != "" {
		pool, err := certificates("RIONE_BROKER_CA", c.BrokerCA)
		if err != nil {
			return nil, err
		}
		secure = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	var out []mqtt.Options
	for i, u := range c.Brokers() {
		id := c.BrokerClientID
		if i > 0 {
			id = fmt.Sprintf("%s-%d", id, i)
		}
		out = append(out, mqtt.Options{URL: u, ClientID: id, Group: c.BrokerGroup, TLS: secure})
	}
	return out, nil
}
