package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"rione/devices"
	"rione/devices/access"
	"rione/devices/access/keep"
	"rione/devices/changelog"
	"rione/ingest/broker"
	"rione/ingest/webhook"
)

// startAccess opens the tokens and the audit log, and makes the policy of who
// may connect.
func (a *App) startAccess(ctx context.Context) error {
	_, js, err := a.stream("access")
	if err != nil {
		return err
	}
	store, err := keep.Open(ctx, js, keep.Options{Logger: a.log})
	if err != nil {
		return err
	}
	a.life.push("tokens", func(context.Context) error { return store.Close() })
	a.audited = &auditedRegistry{a.registry, access.Audited{Registry: a.registry, Trail: store}}
	if a.tokens, err = access.OpenTokens(ctx, store, store, nil); err != nil {
		return err
	}
	if a.claims, err = access.OpenClaims(ctx, access.ClaimOptions{Store: store, Registry: a.audited, Gazetteer: a.places, Trail: store}); err != nil {
		return err
	}
	ca, err := loadCA(a.opt.Config.MQTTTLSCA)
	if err != nil {
		return err
	}
	a.policy, err = access.New(access.Options{
		Registry: a.audited, Tokens: a.tokens, Gazetteer: a.places, CA: ca,
		Anonymous: a.opt.Config.MQTTAnonymous, Logger: a.log, Metrics: a.metrics,
	})
	return err
}

// auditedRegistry is the registry with its changes in the audit log.
type auditedRegistry struct {
	*changelog.Log
	audited access.Audited
}

// Apply stores a change set and notes it in the audit log.
func (r *auditedRegistry) Apply(ctx context.Context, c devices.ChangeSet) (*devices.Snapshot, error) {
	return r.audited.Apply(ctx, c)
}

// loadCA reads the issuer of client certificates, nil when there is none.
func loadCA(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("RIONE_MQTT_TLS_CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("RIONE_MQTT_TLS_CA: %s holds no certificate in PEM", file)
	}
	return pool, nil
}

// disconnectChanged ends the connections of devices that may no longer do what
// they might when they connected.
func (a *App) disconnectChanged(ctx context.Context) error {
	changes, cancel := a.registry.Watch()
	defer cancel()
	before := a.registry.Snapshot()
	for {
		select {
		case now := <-changes:
			for _, id := range access.Changed(before, now) {
				if n := a.door.Disconnect(id); n > 0 {
					a.log.Info("device disconnected: what it may do has changed", "device", id)
				}
			}
			before = now
		case <-ctx.Done():
			return nil
		}
	}
}

// entrance lets in at the MQTT door whom the policy lets in.
type entrance struct {
	policy    *access.Policy
	observers *observers
	guard     *security
}

var _ broker.Access = (*entrance)(nil)

// Connect implements broker.Access.
func (e *entrance) Connect(ctx context.Context, c broker.Credentials) (broker.Grant, error) {
	from := c.Remote.Addr().Unmap()
	l := access.Login{
		ClientID: c.ClientID, Username: c.Username, Password: string(c.Password),
		Address: from, Loopback: from.IsLoopback(),
	}
	if c.TLS != nil {
		l.PeerCertificates = c.TLS.PeerCertificates
	}
	if l.Username == access.ObserverName {
		o, err := e.policy.Observe(l)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", answerOf(err), err)
		}
		e.observers.add(o)
		return o, nil
	}
	p, err := e.policy.Authenticate(ctx, l)
	if errors.Is(err, access.ErrBadCredentials) {
		e.guard.refused(c.ClientID)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", answerOf(err), err)
	}
	return &watchedGrant{p, e.guard, e.guard.comuneOf(p.Identity())}, nil
}

// answerOf returns what the door tells the client.
func answerOf(err error) error {
	switch {
	case errors.Is(err, access.ErrUnknown):
		return broker.ErrNotAuthorized
	case errors.Is(err, access.ErrBusy), errors.Is(err, access.ErrThrottled):
		return broker.ErrServerBusy
	}
	return broker.ErrBadCredentials
}

// pushers gives the HTTP door the tokens that were issued.
type pushers struct{ tokens *access.Tokens }

var _ webhook.Tokens = pushers{}

// Check implements webhook.Tokens.
func (p pushers) Check(text string) (name string, may func(format, comune string) bool, ok bool) {
	t, err := p.tokens.Check(text)
	return t.Name, t.MayPush, err == nil
}
