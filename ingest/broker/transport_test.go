package broker

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"
)

// certificate makes one for a name, signed by itself.
func certificate(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLSWithClientCertificates(t *testing.T) {
	serverCert, serverPool := certificate(t, "server")
	clientCert, clientPool := certificate(t, "dev-7")
	intake := newIntake()
	s := start(t, intake, func(o *Options) {
		o.Listen, o.TLSListen = "", "127.0.0.1:0"
		o.TLS = &tls.Config{
			Certificates: []tls.Certificate{serverCert}, ClientCAs: clientPool,
			ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
		}
		o.Limits.ConnectTimeout = 2 * time.Second
		o.Access = fakeAccess{decide: func(_ context.Context, c Credentials) (Grant, error) {
			return grant{c.TLS.PeerCertificates[0].Subject.CommonName}, nil
		}}
	})
	silent, err := net.Dial("tcp", s.TLSAddr().String()) // delays nobody, and is closed
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	conn, err := tls.Dial("tcp", s.TLSAddr().String(), &tls.Config{
		RootCAs: serverPool, Certificates: []tls.Certificate{clientCert}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, conn)
	p.connect4("any", nil)
	p.send4(publish4("t", "x", 1, 1))
	read4[*v4.PubackPacket](p)
	if m := intake.awaitStored(t, 1)[0]; m.client != "dev-7" {
		t.Errorf("stored as of %q", m.client)
	}
	newPeer(t, silent).closed()
	if s.Addr() != nil {
		t.Error("there is a listener without TLS")
	}
}

// dialWeb opens a WebSocket to the server.
func dialWeb(t *testing.T, url string, protocols ...string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(url, "http"), &websocket.DialOptions{Subprotocols: protocols})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

func TestWebSocket(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	web := httptest.NewServer(s.WebSocketHandler())
	defer web.Close()
	p := &peer{Conn: websocket.NetConn(t.Context(), dialWeb(t, web.URL, "mqtt"), websocket.MessageBinary), t: t}
	p.connect4("web", nil)
	for id := range uint16(100) {
		p.send4(publish4("t", strings.Repeat("x", 1000), 1, id+1))
	}
	for id := range uint16(100) {
		if ack := read4[*v4.PubackPacket](p); ack.MessageID != id+1 {
			t.Fatalf("PUBACK of %d", ack.MessageID)
		}
	}
	if c := s.Clients(); len(c) != 1 || !c[0].Remote.Addr().IsLoopback() {
		t.Errorf("clients %+v", c)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	p.closed()
}

func TestWebSocketOfAnotherKind(t *testing.T) {
	s := start(t, newIntake(), nil)
	web := httptest.NewServer(s.WebSocketHandler())
	defer web.Close()
	c := dialWeb(t, web.URL)
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("without the subprotocol: %v", err)
	}
	c = dialWeb(t, web.URL, "mqtt")
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("text messages are taken")
	}
	eventually(t, "it is gone", func() bool { return len(s.all()) == 0 })
}
