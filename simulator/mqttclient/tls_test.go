package mqttclient_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rione/simulator/link"
	"rione/simulator/mosquittotest"
	"rione/simulator/mqttclient"
)

// certificate writes a certificate of 127.0.0.1 that is its own authority.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return cert, key, roots
}

func TestTLS(t *testing.T) {
	cert, key, roots := certificate(t)
	address := mosquittotest.Start(t, "certfile "+cert, "keyfile "+key, "user root") // its own user may not read the key
	for _, version := range []byte{mqttclient.V311, mqttclient.V5} {
		pool, err := mqttclient.New(mqttclient.Options{Version: version, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}})
		if err != nil {
			t.Fatal(err)
		}
		acked := make(chan uint64, 1)
		l, err := pool.Dial(t.Context(), link.Options{Broker: "tls://" + address, ClientID: "a", Acked: func(token uint64) { acked <- token }})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Publish("t", []byte("hello"), 7); err != nil {
			t.Error(err)
		}
		select {
		case token := <-acked:
			if token != 7 {
				t.Errorf("%d was acked", token)
			}
		case <-time.After(10 * time.Second):
			t.Error("no PUBACK over TLS")
		}
		l.Close()
	}
	stranger, err := mqttclient.New(mqttclient.Options{TLS: &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}})
	if err != nil {
		t.Fatal(err)
	}
	if l, err := stranger.Dial(t.Context(), link.Options{Broker: "tls://" + address, ClientID: "b"}); err == nil {
		l.Close()
		t.Error("a broker that nobody vouches for was trusted")
	}
}

// A slow line delivers the same, in pieces.
func TestASlowLine(t *testing.T) {
	address := mosquittotest.Start(t)
	pool, err := mqttclient.New(mqttclient.Options{})
	if err != nil {
		t.Fatal(err)
	}
	acked := make(chan uint64, 3)
	l, err := pool.Dial(t.Context(), link.Options{Broker: "tcp://" + address, ClientID: "slow", Slow: true, Acked: func(token uint64) { acked <- token }})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i := range uint64(3) {
		if err := l.Publish("t", make([]byte, 500), i); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		select {
		case <-acked:
		case <-time.After(20 * time.Second):
			t.Fatal("a slow line lost a message")
		}
	}
}
