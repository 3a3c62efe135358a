package app

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// readCertificates comes before anything starts: a file that cannot be read is
// told before a first start builds InfluxDB for minutes.
func (a *App) readCertificates(context.Context) (err error) {
	a.tls, err = loadTLS(&a.opt.Config)
	return err
}

// lookAhead tells of addresses that are taken, or are not of this machine, for
// the same reason. Nothing listens there yet when it returns.
func (a *App) lookAhead(ctx context.Context) error {
	c := &a.opt.Config
	listen := []struct{ setting, addr string }{
		{"RIONE_MQTT_LISTEN", c.MQTTListen}, {"RIONE_MQTT_TLS_LISTEN", c.MQTTTLSListen}, {"RIONE_HTTP_LISTEN", c.HTTPListen},
	}
	var wrong []error
	for _, l := range listen {
		if l.addr == "" {
			continue
		}
		taken, err := new(net.ListenConfig).Listen(ctx, "tcp", l.addr)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%w; stop what listens there, or set %s to another address", err, l.setting))
			continue
		}
		defer taken.Close() // not before the end: two settings may name one address
	}
	return errors.Join(wrong...)
}
