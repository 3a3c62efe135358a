package access

import (
	"crypto/x509"
	"slices"

	"rione/devices"
)

// certified reports whether the chain proves the device: issued by the CA for
// clients, valid now, with the device's id as a DNS name or as common name, and
// not from before a revocation.
func (p *Policy) certified(d *devices.Device, chain []*x509.Certificate) bool {
	if p.o.CA == nil || len(chain) == 0 {
		return false
	}
	leaf := chain[0]
	if leaf.Subject.CommonName != d.ID && !slices.Contains(leaf.DNSNames, d.ID) {
		return false // it may still prove itself by its secret
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: p.o.CA, Intermediates: between, CurrentTime: p.o.Now(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	switch {
	case err != nil:
		p.o.Logger.Info("client certificate refused", "device", d.ID, "error", err)
		return false
	case leaf.NotBefore.Before(d.CertsFrom):
		p.o.Logger.Info("client certificate is revoked", "device", d.ID, "issued", leaf.NotBefore)
		return false
	}
	return true
}
