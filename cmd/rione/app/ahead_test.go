package app

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rione/cmd/rione/config"
)

// settings are those of a rione that would start, changed by environ.
func settings(t *testing.T, environ ...string) config.Config {
	t.Helper()
	base := []string{
		"RIONE_DATA_DIR=" + filepath.Join(t.TempDir(), "data"),
		"RIONE_MQTT_LISTEN=127.0.0.1:0", "RIONE_HTTP_LISTEN=127.0.0.1:0", "RIONE_INFLUX_LISTEN=127.0.0.1:0",
	}
	c, err := config.Load(append(base, environ...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What is in the way of listening is told before the store is started, or built,
// and with the setting that changes it.
func TestTakenAddresses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	at := taken.Addr().String()
	f := func(want string, environ ...string) {
		t.Helper()
		c := settings(t, environ...)
		a, err := Start(t.Context(), Options{Config: c})
		if err == nil {
			t.Errorf("%v: it started, %v", environ, a.Close())
			return
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v; want %q", environ, err, want)
		}
		for _, later := range []string{"influxd.log", "nats"} {
			if _, err := os.Stat(filepath.Join(c.DataDir, later)); !os.IsNotExist(err) {
				t.Errorf("%v: %s was made before the addresses were looked at: %v", environ, later, err)
			}
		}
		if f, err := Hold(c.DataDir); err != nil {
			t.Errorf("%v: the data folder is still held: %v", environ, err)
		} else if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	f("set RIONE_MQTT_LISTEN to another address", "RIONE_MQTT_LISTEN="+at)
	f("set RIONE_HTTP_LISTEN to another address", "RIONE_HTTP_LISTEN="+at)
	f("set RIONE_HTTP_LISTEN to another address", "RIONE_MQTT_LISTEN="+at, "RIONE_HTTP_LISTEN="+at)
	f("set RIONE_MQTT_LISTEN to another address", "RIONE_MQTT_LISTEN=192.0.2.1:1883")
}

// Two settings of one address are in each other's way.
func TestOneAddressTwice(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	a := &App{opt: Options{Config: settings(t, "RIONE_MQTT_LISTEN="+at, "RIONE_HTTP_LISTEN="+at)}}
	if err := a.lookAhead(t.Context()); err == nil || !strings.Contains(err.Error(), "RIONE_HTTP_LISTEN") {
		t.Errorf("the same address for both: %v", err)
	}
}

// A certificate that cannot be read is told before anything is made.
func TestCertificatesFirst(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	c := settings(t, "RIONE_MQTT_TLS_LISTEN=127.0.0.1:0", "RIONE_MQTT_TLS_CERT="+missing, "RIONE_MQTT_TLS_KEY="+missing)
	a, err := Start(t.Context(), Options{Config: c})
	if err == nil {
		t.Fatalf("it started, %v", a.Close())
	}
	if !strings.Contains(err.Error(), "RIONE_MQTT_TLS_CERT") || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
	if _, err := os.Stat(c.DataDir); !os.IsNotExist(err) {
		t.Errorf("the data folder was made: %v", err)
	}
}

// A data folder that takes no file more is told with what to do, and leaves
// nothing running.
func TestFolderThatCannotBeWritten(t *testing.T) {
	f := func(inTheWay string) {
		t.Helper()
		c := settings(t, "RIONE_INFLUX_URL=http://127.0.0.1:1", "RIONE_INFLUX_TOKEN=none")
		if err := os.MkdirAll(filepath.Join(c.DataDir, inTheWay), 0o700); err != nil {
			t.Fatal(err)
		}
		a, err := Start(t.Context(), Options{Config: c})
		if err == nil {
			t.Errorf("%s: it started, %v", inTheWay, a.Close())
			return
		}
		if a != nil || !strings.Contains(err.Error(), "set RIONE_DATA_DIR to another folder") {
			t.Errorf("%s: %v, %v", inTheWay, a, err)
		}
		folder, err := Hold(c.DataDir)
		if err != nil {
			t.Fatalf("%s: the data folder is still held: %v", inTheWay, err)
		}
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	}
	f("admin.token.new") // at the beginning
	f("rione.json.new")  // at the end, when everything runs
}
