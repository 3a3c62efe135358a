package access

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"rione/devices"
)

// Authenticate returns who the client is, once it has proved it. The client id
// names the device, so nobody takes another's client id with credentials of his
// own. Errors are ErrUnknown, ErrBadCredentials, ErrBusy and ErrThrottled, with
// what the log should know.
func (p *Policy) Authenticate(ctx context.Context, l Login) (*Principal, error) {
	var err error
	if strings.HasPrefix(l.Username, enrolPrefix) {
		err = p.enrol(ctx, &l)
	} else {
		err = p.prove(ctx, &l)
	}
	p.logins.WithLabelValues(result(err)).Inc()
	if err != nil {
		return nil, err
	}
	return &Principal{policy: p, id: l.ClientID}, nil
}

// result names an outcome for the metrics.
func result(err error) string {
	for name, is := range map[string]error{"unknown": ErrUnknown, "refused": ErrBadCredentials, "busy": ErrBusy, "throttled": ErrThrottled} {
		if errors.Is(err, is) {
			return name
		}
	}
	return "welcome"
}

// prove checks the credentials of a registered device.
func (p *Policy) prove(ctx context.Context, l *Login) error {
	d := p.o.Registry.Snapshot().Device(l.ClientID)
	switch {
	case d == nil || d.Retired:
		return ErrUnknown
	case l.Username != "" && l.Username != d.ID:
		return fmt.Errorf("%w: the user name is not the device's", ErrBadCredentials)
	case p.certified(d, l.PeerCertificates):
		return nil
	case p.o.Anonymous && l.Loopback && d.SecretHash == "" && !d.Pending:
		return nil
	}
	return p.proveSecret(ctx, d, l.Password, l.Address)
}

// proveSecret checks a device's secret. One that was right before is let in at
// once, so that neither a crowd that reconnects nor somebody who tries secrets
// keeps a device out.
func (p *Policy) proveSecret(ctx context.Context, d *devices.Device, secret string, from netip.Addr) error {
	now := p.o.Now()
	if p.o.Verifier.Remembers(d, secret, now) {
		return nil
	}
	address := addressKey(from)
	if !p.wrong.allows(d.ID, now) || !p.wrongAt.allows(address, now) {
		return fmt.Errorf("%w with wrong secrets", ErrThrottled)
	}
	right, err := p.o.Verifier.Verify(ctx, d, secret, now)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if !right {
		p.wrong.count(d.ID, now)
		p.wrongAt.count(address, now)
		return fmt.Errorf("%w: wrong secret", ErrBadCredentials)
	}
	return nil
}

// addressKey names an address, or the network of an IPv6 subscriber, who has
// all addresses of it.
func addressKey(a netip.Addr) string {
	a = a.Unmap()
	if a.Is6() {
		if network, err := a.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return a.String()
}
