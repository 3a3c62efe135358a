package mqtt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rione/ingest/mqtt"
)

// Over TLS and WebSocket everything is as over TCP.
func TestTransports(t *testing.T) {
	port := freePort(t)
	f := func(scheme, config string, secure *tls.Config) {
		t.Run(scheme, func(t *testing.T) {
			b, in := mosquitto(t, anonymous+fmt.Sprintf("\nlistener %d 127.0.0.1\n", port)+config), newIntake()
			d := connect(t, mqtt.Options{URL: fmt.Sprintf("%s://127.0.0.1:%d", scheme, port), Intake: in, TLS: secure})
			p := publisher(t, b.url())
			publish(t, p, 1, topic, numbered("x", 100)...) // more than the broker's window: acks arrive
			await(t, "all have arrived", func() bool { return in.count() == 100 })
			d.Close()
			publish(t, p, 1, topic, "kept")
			connect(t, mqtt.Options{URL: fmt.Sprintf("%s://127.0.0.1:%d", scheme, port), Intake: in, TLS: secure})
			await(t, "what came meanwhile arrives", func() bool { return in.got()[topic+" kept"] == 1 })
			if n := in.count(); n != 101 {
				t.Errorf("%d messages were taken, want 101", n)
			}
		})
	}
	cert, key, pool := certificate(t)
	f("mqtt", "", nil)
	f("ws", "protocol websockets", nil)
	f("ssl", "certfile "+cert+"\nkeyfile "+key, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	f("mqtts", "certfile "+cert+"\nkeyfile "+key, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	f("wss", "protocol websockets\ncertfile "+cert+"\nkeyfile "+key, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
}

// certificate makes a key and a certificate for 127.0.0.1, and the pool that
// trusts it.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
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
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return cert, key, pool
}
