package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/api"
	"rione/cmd/rione/app"
	"rione/ingest"
)

func defaultRoutes() []ingest.Route { return ingest.DefaultRoutes() }

// What cannot become a reading ends in quarantine with its reason, and nothing
// else is disturbed.
func TestBadMessages(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\nair-0001,air,058091,41.89,12.49\ngw-000001,gateway,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	device, _ := r.client("air-0001")
	defer device.Disconnect(0)
	gateway, _ := r.client("gw-000001")
	defer gateway.Disconnect(0)

	const own = "sc/v1/058091/air/air-0001/up"
	acked := int64(0)
	f := func(reason, topic, payload string) {
		t.Helper()
		c := device
		if topic != own {
			c = gateway
		}
		r.publish(c, topic, payload)
		acked++
		if total := r.awaitBalance(acked); reason == "" && total.Stored == 0 {
			t.Errorf("%s was not stored: %+v", payload, total)
		}
		if reason == "" {
			return
		}
		var page api.EntryPage
		r.get("/v1/quarantine?limit=1", &page)
		if len(page.Entries) == 0 || page.Entries[0].Reason != reason {
			t.Errorf("%s %s: want reason %s, newest entry is %+v", topic, payload, reason, page.Entries)
		}
	}
	f("unparsable", own, `{"temp_c": 21.4`)
	f("wrong_type", own, `{"temp_c": true}`)
	f("wrong_type", own, `{"temp_c": "NaN"}`)
	f("wrong_type", own, `{"temp_c": NaN}`)
	f("empty", own, ``)
	f("unknown_field", own, `{"colour": "red"}`)
	f("unknown_device", "sc/v1/058091/air/nobody-01/up", `{"temp_c": 21.4}`)
	f("no_route", "some/other/topic", `{"temp_c": 21.4}`)
	f("unparsable", own, "\x1f\x8b\x08\x00 gzip")
	f("", own, `{"temp_c": 21.4}`)

	// The unknown device is registered: what waited is stored by itself.
	r.must("device_id,kind,comune,lat,lon\nnobody-01,air,058091,41.89,12.49\n", "devices", "import", "-")
	r.await("the waiting message in the store", 30*time.Second, func() bool {
		return len(r.query("SELECT temp_c FROM air WHERE device_id='nobody-01'")) == 1
	})
	if out := r.must("", "quarantine", "list", "--reason", "unknown_device"); strings.Count(out, "\n") != 1 {
		t.Errorf("the replayed message is still listed:\n%s", out)
	}
	out := r.must("", "quarantine", "list", "--json")
	if strings.Count(out, `"id"`) != 8 {
		t.Errorf("want 8 messages in quarantine:\n%s", out)
	}
	if out := r.must("", "quarantine", "list", "--grouped", "--route", "native", "--since", "1h"); !strings.Contains(out, "2 messages from 1 devices: unparsable") && !strings.Contains(out, "messages from 1 devices: wrong_type temp_c") || strings.Contains(out, "no_route") {
		t.Errorf("grouped:\n%s", out)
	}
	if out := r.must("", "quarantine", "drop", "--reason", "unparsable"); !strings.Contains(out, "2 messages") {
		t.Errorf("drop said %q", out)
	}
}

// A payload beyond the limit ends the connection of an MQTT 3.1.1 client, which
// has no other answer; a device in its place is served at once.
func TestTooLargePayload(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\nair-0001,air,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	c, lost := r.client("air-0001")
	defer c.Disconnect(0)
	c.Publish("sc/v1/058091/air/air-0001/up", 1, false, bytes.Repeat([]byte("x"), 1<<20))
	select {
	case <-lost:
	case <-time.After(20 * time.Second):
		t.Fatal("the connection was not ended")
	}
	again, _ := r.client("air-0001")
	defer again.Disconnect(0)
	r.publish(again, "sc/v1/058091/air/air-0001/up", `{"temp_c": 21.4}`)
	r.awaitBalance(1)
}

func TestBadFiles(t *testing.T) {
	r := newRig(t)
	out, errs, code := r.run("device_id,kind,comune,lat,lon\nA,air,058091,41.89,12.49\nair-0002,tram,058091,12.49,41.89\nair-0003,air,58091,0,0\n", "devices", "import", "-")
	if code != exitFailed || out != "" {
		t.Errorf("exit %d, printed %q", code, out)
	}
	for _, want := range []string{"line 2", "line 3", "line 4", "kind"} {
		if !strings.Contains(errs, want) {
			t.Errorf("the report lacks %q:\n%s", want, errs)
		}
	}
	if out := r.must("", "devices", "list", "--json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("part of a bad file was imported: %s", out)
	}
	f := func(code int, want string, args ...string) {
		t.Helper()
		_, errs, got := r.run("", args...)
		if got != code || !strings.Contains(errs, want) {
			t.Errorf("rione %s: exit %d, want %d; said %q, want %q", strings.Join(args, " "), got, code, errs, want)
		}
	}
	f(exitFailed, "no such file", "devices", "import", "nowhere.csv")
	f(exitUsage, "accepts 1 arg", "devices", "import")
	f(exitUsage, "unknown command", "fly")
	f(exitUsage, "unknown flag", "up", "--fast")
	f(exitUsage, "no format", "decode", "--format", "morse", "-")
	f(exitFailed, "not running", "ledger")
	f(exitUsage, "RIONE_GRAFANA_URL", "dashboards", "plan")
	f(exitUsage, "latitude", "geo", "locate", "200,300")
}

// Configuration errors are found before any I/O, all at once.
func TestBadConfiguration(t *testing.T) {
	r := newRig(t, "RIONE_MQTT_LISTEN=0.0.0.0:1883", "RIONE_JOURNAL_MAX_BYTES=lots", "RIONE_LOG_LEVEL=loud")
	_, errs, code := r.run("", "up")
	if code != exitUsage || !strings.Contains(errs, "RIONE_JOURNAL_MAX_BYTES") {
		t.Errorf("exit %d: %s", code, errs)
	}
	r = newRig(t, "RIONE_MQTT_LISTEN=0.0.0.0:1883", "RIONE_LOG_LEVEL=loud")
	_, errs, code = r.run("", "up")
	if code != exitUsage || !strings.Contains(errs, "RIONE_MQTT_ANONYMOUS") || !strings.Contains(errs, "RIONE_LOG_LEVEL") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if _, err := os.Stat(r.dir); !os.IsNotExist(err) {
		t.Error("the data folder was made although the configuration is wrong")
	}
	r = newRig(t, "RIONE_ADMIN_TOKEN=correct-horse-battery", "RIONE_BROKER_URL=tcp://user:hunter2@127.0.0.1:1")
	for _, args := range [][]string{{"config"}, {"config", "--json"}} {
		if out := r.must("", args...); strings.Contains(out, "horse") || strings.Contains(out, "hunter2") {
			t.Errorf("rione %v prints a secret:\n%s", args, out)
		}
	}
}

func TestPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, name := range []string{"RIONE_MQTT_LISTEN", "RIONE_HTTP_LISTEN", "RIONE_INFLUX_LISTEN"} {
		r := newRig(t, name+"="+taken.Addr().String())
		_, errs, code := r.run("", "up")
		if code != exitFailed || !strings.Contains(errs, name) || !strings.Contains(errs, "in use") {
			t.Errorf("%s taken: exit %d: %s", name, code, errs)
		}
	}
}

func TestDataFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, "RIONE_DATA_DIR="+filepath.Join(file, "data"))
	if _, errs, code := r.run("", "up"); code != exitFailed || !strings.Contains(errs, "RIONE_DATA_DIR") {
		t.Errorf("folder cannot be made: exit %d: %s", code, errs)
	}

	r = newRig(t)
	r.up()
	if _, errs, code := r.run("", "up"); code != exitFailed || !strings.Contains(errs, fmt.Sprint(r.at.PID)) {
		t.Errorf("folder in use: exit %d: %s", code, errs)
	}
	for _, name := range []string{"admin.token", "influx.token"} {
		info, err := os.Stat(filepath.Join(r.dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// An InfluxDB of the operator's that is away is no reason not to take messages.
func TestStoreAway(t *testing.T) {
	r := newRig(t, "RIONE_INFLUX_URL=http://127.0.0.1:1", "RIONE_INFLUX_TOKEN=a:b")
	r.must("device_id,kind,comune,lat,lon\nair-0001,air,058091,41.89,12.49\n", "devices", "import", "-")
	r.launch()
	t.Cleanup(r.down)
	r.await("the API", time.Minute, func() bool {
		at, err := app.Running(r.dir)
		if err != nil || at.PID != r.cmd.Process.Pid {
			return false
		}
		r.at = at
		return r.status() == http.StatusServiceUnavailable
	})
	c, _ := r.client("air-0001")
	defer c.Disconnect(0)
	r.publish(c, "sc/v1/058091/air/air-0001/up", `{"temp_c": 21.4}`) // acked: it is in the journal
}

// A device may speak for itself only, and has to be known.
func TestStrangers(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon,secret\nair-0001,air,058091,41.89,12.49,\nair-0002,air,058091,41.89,12.49,open-sesame-0002\n", "devices", "import", "-")
	r.up()
	f := func(id, user, password string, want bool) {
		t.Helper()
		if got := r.mayConnect(id, user, password); got != want {
			t.Errorf("%s with password %q: connected %v, want %v", id, password, got, want)
		}
	}
	f("air-0001", "", "", true)
	f("nobody-01", "", "", false)
	f("air-0002", "", "", false)
	f("air-0002", "air-0002", "wrong", false)
	f("air-0002", "air-0002", "open-sesame-0002", true)
	f("air-0002", "air-0001", "open-sesame-0002", false)
	if strings.Contains(r.log(), "open-sesame") {
		t.Error("a secret is in the log")
	}
}
