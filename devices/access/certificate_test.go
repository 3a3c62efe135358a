package access_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/access"
)

// issuer is a CA of the test's own.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T, at time.Time, by *issuer) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: at.Add(-time.Hour), NotAfter: at.Add(1000 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	i := &issuer{ca, key}
	if by == nil {
		by = i
	}
	i.cert = sign(t, ca, by, key)
	return i
}

func sign(t *testing.T, c *x509.Certificate, by *issuer, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, by.cert, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// issue makes a client's certificate; change makes it another.
func (i *issuer) issue(t *testing.T, at time.Time, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "air-1"},
		NotBefore: at.Add(-time.Minute), NotAfter: at.Add(100 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(c)
	}
	return sign(t, c, i, i.key)
}

func TestClientCertificates(t *testing.T) {
	c := newClock()
	ours, others := newIssuer(t, c.at, nil), newIssuer(t, c.at, nil)
	between := newIssuer(t, c.at, ours)
	pool := x509.NewCertPool()
	pool.AddCert(ours.cert)
	d := withSecret(t, device("air-1", devices.Air, "058091"), secret)
	r := newRegistry(t, d, device("air-2", devices.Air, "058091"))
	p, without := newPolicy(t, access.Options{Registry: r, CA: pool, Now: c.now}), newPolicy(t, access.Options{Registry: r, Now: c.now})
	f := func(name string, p *access.Policy, want bool, l access.Login, chain ...*x509.Certificate) {
		t.Helper()
		l.PeerCertificates = chain
		if _, err := p.Authenticate(t.Context(), l); (err == nil) != want || err != nil && !errors.Is(err, access.ErrBadCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := access.Login{ClientID: "air-1"}
	good := ours.issue(t, c.at, nil)
	f("common name", p, true, own, good)
	f("DNS name", p, true, own, ours.issue(t, c.at, func(c *x509.Certificate) { c.Subject.CommonName, c.DNSNames = "x", []string{"air-1"} }))
	f("intermediate", p, true, own, between.issue(t, c.at, nil), between.cert)
	f("intermediate missing", p, false, own, between.issue(t, c.at, nil))
	f("another CA", p, false, own, others.issue(t, c.at, nil))
	f("another CA brought along", p, false, own, others.issue(t, c.at, nil), others.cert)
	f("another device's", p, false, access.Login{ClientID: "air-2"}, good)
	f("another device's, own secret", p, true, access.Login{ClientID: "air-1", Password: secret}, ours.issue(t, c.at, func(c *x509.Certificate) { c.Subject.CommonName = "gateway" }))
	f("expired", p, false, own, ours.issue(t, c.at, func(x *x509.Certificate) { x.NotAfter = c.at.Add(-time.Second) }))
	f("server's", p, false, own, ours.issue(t, c.at, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }))
	f("no CA given", without, false, own, good)
	f("none", p, false, own)

	if err := d.Revoke(c.at); err != nil {
		t.Fatal(err)
	}
	r.put(t, d)
	f("revoked", p, false, own, good)
	c.at = c.at.Add(time.Hour)
	f("issued after the revocation", p, true, own, ours.issue(t, c.at, nil))
}
