// Package access decides who may connect to the city and what they may do
// there: devices by secret, certificate or enrolment, people and networks by
// token. It keeps the trail of who changed what. See DESIGN.md.
package access

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"rione/devices"
)

// Errors of Policy.Authenticate. What else an error says is for the log alone.
var (
	// ErrUnknown says that no such device may connect: it is not registered, or
	// retired.
	ErrUnknown = errors.New("no such device may connect")
	// ErrBadCredentials says that user name, secret, certificate or token do not
	// prove who this is.
	ErrBadCredentials = errors.New("credentials do not fit")
	// ErrBusy says that the credentials could not be checked in time.
	ErrBusy = errors.New("too many are connecting")
	// ErrThrottled says that there were too many wrong credentials, or
	// enrolments, of late.
	ErrThrottled = errors.New("too many attempts")
)

// Registry is what the policy asks of the registry of devices.
type Registry interface {
	Snapshot() *devices.Snapshot
	// Apply stores a change set; none when the registry is no longer at the
	// revision that the set expects.
	Apply(ctx context.Context, c devices.ChangeSet) (*devices.Snapshot, error)
}

// Options of a Policy. Registry is required.
type Options struct {
	Registry  Registry
	Verifier  *devices.Verifier // nil makes one
	Tokens    *Tokens           // of enrolment; nil: unknown devices cannot enrol
	Gazetteer devices.Gazetteer // knows where comuni are; required beside Tokens
	CA        *x509.CertPool    // issuer of client certificates; nil: certificates prove nothing
	Anonymous bool              // on loopback, a device without a secret may connect as its client id
	Limits    Limits
	Logger    *slog.Logger          // nil discards
	Metrics   prometheus.Registerer // nil none
	Now       func() time.Time      // clock; nil is time.Now
}

// Validate returns an error that names what is wrong with o.
func (o *Options) Validate() error {
	if o.Registry == nil {
		return errors.New("access: a registry is required")
	}
	if o.Tokens != nil && o.Gazetteer == nil {
		return errors.New("access: enrolment needs a gazetteer, to know where comuni are")
	}
	return o.Limits.validate()
}

// Login is what a client shows when it connects.
type Login struct {
	ClientID         string
	Username         string // "", the device's id, or that of an enrolment (see Enrolment in DESIGN.md)
	Password         string
	PeerCertificates []*x509.Certificate // the client's own first, as TLS gives them
	Address          netip.Addr          // that it comes from
	Loopback         bool                // it comes from the machine itself
}

// Policy knows the devices that may connect. It is safe for any number of
// callers.
type Policy struct {
	o        Options
	wrong    *throttle // wrong secrets, by identity
	wrongAt  *throttle // wrong secrets and tokens, by address
	enrolled *throttle // enrolments, by comune
	logins   *prometheus.CounterVec
}

// New returns the policy.
func New(o Options) (*Policy, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.Limits.setDefaults()
	if o.Verifier == nil {
		o.Verifier = devices.NewVerifier(devices.VerifierOptions{})
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Policy{
		o:        o,
		wrong:    newThrottle(o.Limits.WrongPerIdentity, o.Limits.Remembered),
		wrongAt:  newThrottle(o.Limits.WrongPerAddress, o.Limits.Remembered),
		enrolled: newThrottle(o.Limits.EnrolmentsPerComune, o.Limits.Remembered),
		logins: promauto.With(o.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "rione_access_logins_total", Help: "Connections that asked to be let in, by what became of them.",
		}, []string{"result"}),
	}, nil
}
