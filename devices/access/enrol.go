package access

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rione/devices"
)

// A device that nobody registered connects with the user name
// "enrol:COMUNE:KIND" or "enrol:COMUNE:KIND:MODEL" and the password "TOKEN" or
// "TOKEN.SECRET", where the token is one of the role enroller and the secret is
// the device's own, drawn by itself. So one text can be put into all devices of
// a kind, and nothing has to be brought to a device that was approved.
const enrolPrefix = "enrol:"

// enrolment is a login of that form.
type enrolment struct {
	comune, kind, model string
	token, secret       string
}

func parseEnrolment(l *Login) (e enrolment, ok bool) {
	fields := strings.SplitN(strings.TrimPrefix(l.Username, enrolPrefix), ":", 3)
	if len(fields) < 2 {
		return e, false
	}
	e.comune, e.kind = fields[0], fields[1]
	if len(fields) == 3 {
		e.model = fields[2]
	}
	e.token, e.secret, _ = strings.Cut(l.Password, ".")
	return e, true
}

// enrol lets a device in by an enrolment, and takes it into the registry as
// pending when it is not there.
func (p *Policy) enrol(ctx context.Context, l *Login) error {
	e, ok := parseEnrolment(l)
	if !ok || p.o.Tokens == nil {
		return fmt.Errorf("%w: write the user name as enrol:COMUNE:KIND", ErrBadCredentials)
	}
	now, address := p.o.Now(), addressKey(l.Address)
	if !p.wrongAt.allows(address, now) {
		return fmt.Errorf("%w with wrong credentials", ErrThrottled)
	}
	token, err := p.o.Tokens.Check(e.token)
	if err != nil || token.Role != Enroller || !token.Covers(e.comune) {
		p.wrongAt.count(address, now)
		return fmt.Errorf("%w: no enrolment for comune %q", ErrBadCredentials, e.comune)
	}
	d := p.o.Registry.Snapshot().Device(l.ClientID)
	switch {
	case d == nil:
		return p.register(ctx, l.ClientID, &e, token.Name)
	case d.Retired:
		return ErrUnknown
	case d.Current().Comune != e.comune:
		return fmt.Errorf("%w: the device is of another comune", ErrBadCredentials)
	case d.SecretHash != "":
		return p.proveSecret(ctx, d, e.secret, l.Address)
	case !d.Pending:
		return fmt.Errorf("%w: the device is approved and has no secret; `rione devices rotate` gives it one", ErrBadCredentials)
	}
	return nil
}

// register takes a device into the registry as pending.
func (p *Policy) register(ctx context.Context, id string, e *enrolment, token string) error {
	if err := p.roomFor(e.comune); err != nil {
		return err
	}
	hash := ""
	if e.secret != "" {
		var err error
		if hash, err = devices.HashSecret(e.secret); err != nil {
			return fmt.Errorf("%w: %w", ErrBadCredentials, err)
		}
	}
	s := p.o.Registry.Snapshot()
	c, err := devices.Enrol(s, p.o.Gazetteer, devices.Enrolment{
		ID: id, Kind: devices.Kind(e.kind), Comune: e.comune, Model: e.model, SecretHash: hash,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	c.Author, c.Expect = "enrolment "+token, s.Revision
	_, err = p.o.Registry.Apply(ctx, c)
	var taken *devices.TakenError
	switch {
	case errors.As(err, &taken):
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	case err != nil: // often somebody changed the registry meanwhile
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	p.o.Logger.Info("device enrolled and waits for approval", "device", id, "comune", e.comune, "kind", e.kind, "model", e.model)
	return nil
}

// roomFor counts an enrolment, or says why there can be none now.
func (p *Policy) roomFor(comune string) error {
	now := p.o.Now()
	if !p.enrolled.allows(comune, now) {
		return fmt.Errorf("%w to enrol in comune %s", ErrThrottled, comune)
	}
	p.enrolled.count(comune, now)
	waiting := p.o.Registry.Snapshot().Count(devices.Filter{State: devices.Pending, Comune: comune})
	if most := p.o.Limits.PendingPerComune; waiting >= most {
		return fmt.Errorf("%w: %d devices of comune %s wait for approval; approve or retire them", ErrThrottled, waiting, comune)
	}
	return nil
}
