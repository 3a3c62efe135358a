package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// authority is a CA of the test's own.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA of the test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	pair := a.issue(a.cert)
	a.cert, a.key = pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// issue signs a certificate with a new key; the CA's own signs itself.
func (a *authority) issue(c *x509.Certificate) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	by := a.key
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), by)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) client(id string) tls.Certificate {
	return a.issue(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: id}, NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

func (a *authority) server() tls.Certificate {
	return a.issue(&x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	})
}

// write keeps a certificate and its key as PEM files.
func (a *authority) write(name string, c tls.Certificate) (cert, key string) {
	a.t.Helper()
	dir := a.t.TempDir()
	cert, key = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	private, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		a.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, key: {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	return cert, key
}

// A client certificate of the city's CA proves the device that it names, over a
// real TLS connection; a revocation ends the connection at once.
func TestClientCertificates(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	certFile, keyFile := ca.write("server", ca.server())
	caFile, _ := ca.write("ca", tls.Certificate{Certificate: [][]byte{ca.cert.Raw}, PrivateKey: ca.key})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	r := newRig(t, "RIONE_MQTT_TLS_LISTEN="+addr, "RIONE_MQTT_TLS_CERT="+certFile, "RIONE_MQTT_TLS_KEY="+keyFile, "RIONE_MQTT_TLS_CA="+caFile, "RIONE_MQTT_ANONYMOUS=false")
	r.must("device_id,kind,comune,secret\nbin-1,bin,058091,secret-of-bin-1-long\nbin-2,bin,058091,secret-of-bin-2-long\n", "devices", "import", "-")
	r.up()
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	lost := make(chan struct{}, 1)
	connect := func(id string, own ...tls.Certificate) (paho.Client, bool) {
		t.Helper()
		c := paho.NewClient(paho.NewClientOptions().AddBroker("ssl://" + addr).SetClientID(id).SetAutoReconnect(false).SetConnectRetry(false).
			SetTLSConfig(&tls.Config{RootCAs: roots, Certificates: own}).SetConnectTimeout(10 * time.Second).
			SetConnectionLostHandler(func(paho.Client, error) { lost <- struct{}{} }))
		asked := c.Connect()
		t.Cleanup(func() { c.Disconnect(0) })
		return c, asked.WaitTimeout(20*time.Second) && asked.Error() == nil
	}
	mine := ca.client("bin-1")
	for what, try := range map[string]func() (paho.Client, bool){
		"another device's certificate":  func() (paho.Client, bool) { return connect("bin-2", mine) },
		"a certificate of a strange CA": func() (paho.Client, bool) { return connect("bin-1", stranger.client("bin-1")) },
		"no certificate":                func() (paho.Client, bool) { return connect("bin-1") },
		"a certificate of nobody's":     func() (paho.Client, bool) { return connect("bin-9", ca.client("bin-9")) },
		"a server's certificate":        func() (paho.Client, bool) { return connect("localhost", ca.server()) },
	} {
		if _, in := try(); in {
			t.Errorf("%s opened the door", what)
		}
	}
	c, in := connect("bin-1", mine)
	if !in {
		t.Fatalf("the device's own certificate does not open the door\n%s", r.log())
	}
	r.publish(c, "sc/v1/058091/bin/bin-1/up", fmt.Sprintf(`{"ts":%d,"fill_pct":40}`, time.Now().UnixMilli()))
	r.must("", "devices", "rotate", "bin-1", "--revoke")
	select {
	case <-lost:
	case <-time.After(20 * time.Second):
		t.Error("the connection outlives the revocation")
	}
	if _, in := connect("bin-1", mine); in {
		t.Error("a revoked certificate opens the door")
	}
}
