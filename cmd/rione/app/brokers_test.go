package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/cmd/rione/config"
)

func TestExternalDoors(t *testing.T) {
	c, err := config.Load([]string{"RIONE_BROKER_URL=tcp://a:1883,ssl://b:8883", "RIONE_BROKER_GROUP=rione", "RIONE_BROKER_CLIENT_ID=rione-north", "RIONE_BROKER_CA=" + authority(t)})
	if err != nil {
		t.Fatal(err)
	}
	list, err := externalDoors(&c)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d doors, error %v", len(list), err)
	}
	for i, want := range []string{"rione-north", "rione-north-1"} {
		if o := list[i]; o.URL != c.Brokers()[i] || o.ClientID != want || o.Group != "rione" || o.TLS == nil || o.TLS.RootCAs == nil {
			t.Errorf("door %d is %+v", i, o)
		}
	}
}

// By default the door subscribes alone and trusts the system's authorities.
func TestExternalDoorsByDefault(t *testing.T) {
	c, err := config.Load([]string{"RIONE_BROKER_URL=tcp://a:1883"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := externalDoors(&c)
	if err != nil || len(list) != 1 || list[0].ClientID != "rione" || list[0].Group != "" || list[0].TLS != nil {
		t.Errorf("%+v, error %v", list, err)
	}
}

func TestExternalAuthority(t *testing.T) {
	f := func(file, want string) {
		t.Helper()
		_, err := externalDoors(&config.Config{BrokerURL: "ssl://a:8883", BrokerCA: file})
		if err == nil || !strings.Contains(err.Error(), "RIONE_BROKER_CA") || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
	f(filepath.Join(t.TempDir(), "none.pem"), "no such file")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("a key, perhaps"), 0o600); err != nil {
		t.Fatal(err)
	}
	f(empty, "no certificate in PEM form")
}

// authority is the file of a certificate.
func authority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
