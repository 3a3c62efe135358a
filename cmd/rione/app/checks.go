package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"rione/api"
	"rione/cmd/rione/config"
)

// checks are what /status asks.
func (a *App) checks() []api.Check {
	return []api.Check{
		{Name: "journal", Run: a.checkJournal},
		{Name: "store", Run: a.checkStore},
		{Name: "doors", Run: a.checkDoors},
		{Name: "rollups", Run: func(context.Context) error { return nil }, Tell: a.rollups.tell},
	}
}

func (a *App) checkJournal(ctx context.Context) error {
	if a.engine != nil {
		if err := a.engine.Healthy(); err != nil {
			return err
		}
	}
	s, err := a.journal.Status(ctx)
	if err == nil && s.MaxBytes > 0 && s.Bytes > uint64(s.MaxBytes)/100*98 {
		return errors.New("journal is full: doors wait; raise RIONE_JOURNAL_MAX_BYTES or shorten RIONE_JOURNAL_REPLAY_WINDOW")
	}
	return err
}

func (a *App) checkDoors(context.Context) error {
	if a.door == nil || a.door.Addr() == nil {
		return errors.New("the MQTT door is not open yet")
	}
	var errs []error
	for _, d := range a.outer {
		errs = append(errs, d.Connected())
	}
	return errors.Join(errs...)
}

// loadTLS reads the certificate files, nil when TLS is not wanted.
func loadTLS(c *config.Config) (*tls.Config, error) {
	if c.MQTTTLSListen == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(c.MQTTTLSCert, c.MQTTTLSKey)
	if err != nil {
		return nil, fmt.Errorf("RIONE_MQTT_TLS_CERT and RIONE_MQTT_TLS_KEY: %w", err)
	}
	out := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if c.MQTTTLSCA == "" {
		return out, nil
	}
	out.ClientAuth = tls.RequireAndVerifyClientCert
	out.ClientCAs, err = certificates("RIONE_MQTT_TLS_CA", c.MQTTTLSCA)
	return out, err
}

// certificates reads the PEM file that a setting names.
func certificates(setting, file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: %s holds no certificate in PEM form", setting, file)
	}
	return pool, nil
}

func pid() int { return os.Getpid() }
