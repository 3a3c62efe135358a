package recording_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/simulator/recording"
)

func TestLines(t *testing.T) {
	f := func(line, at, topic, client, payload string) {
		t.Helper()
		m, err := recording.Parse([]byte(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			return
		}
		if got := m.At.UTC().Format(time.RFC3339Nano); got != at || m.Topic != topic || m.Client != client || string(m.Payload) != payload {
			t.Errorf("%s: %s, %q by %q: %q", line, got, m.Topic, m.Client, m.Payload)
		}
	}
	// As several versions of mosquitto_sub print: -F %j, %J, and a format of one's own.
	f(`{"tst":"2026-11-22T20:01:32.100450Z+0000","topic":"sc/v1/058091/air/a-1/up","qos":1,"retain":0,"payloadlen":34,"mid":1,"payload":"{\"ts\":1774000000000,\"temp_c\":21.5}"}`,
		"2026-11-22T20:01:32.10045Z", "sc/v1/058091/air/a-1/up", "a-1", `{"ts":1774000000000,"temp_c":21.5}`)
	f(`{"tst":"2026-11-22T20:01:32.1Z+0000","topic":"t","payload":{"ts":1774000000000, "temp_c":21.50}}`, "2026-11-22T20:01:32.1Z", "t", "", `{"ts":1774000000000, "temp_c":21.50}`)
	f(`{"tst":"2020-05-06T22:12:00.000000+0100","topic":"t","payload":"hè\"\u0001"}`, "2020-05-06T21:12:00Z", "t", "", "hè\"\x01")
	f(`{"tst":1795377692.100470133,"topic":"t","payload_hex":"68c3a82201"}`, "2026-11-22T20:01:32.100470133Z", "t", "", "hè\"\x01")
	f(`{"tst":"2026-11-22T20:01:32Z+0000","topic":"t","payload":null}`, "2026-11-22T20:01:32Z", "t", "", "")
	// And as others may write.
	f(`{"time":"2026-11-22T21:01:32.5+01:00","topic":"v3/app/devices/x/up","client":"gw-1","payload_base64":"AP8="}`, "2026-11-22T20:01:32.5Z", "v3/app/devices/x/up", "gw-1", "\x00\xff")
	f(`{"time":1795377692,"topic":"t","payload":[1,2]}`, "2026-11-22T20:01:32Z", "t", "", "[1,2]")
	f(`{"time":"1795377692.25","topic":"sc/v1/058091/air/a-1","payload":7}`, "2026-11-22T20:01:32.25Z", "sc/v1/058091/air/a-1", "", "7")
}

func TestLinesThatMeanNothing(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		if m, err := recording.Parse([]byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", line, m, err, want)
		}
	}
	f(`12:00 t hello`, "one JSON object")
	f(`{"tst":1,"topic":"t","payload":""`, "one JSON object")
	f(`{"tst":1,"payload":""}`, "nothing can be published")
	f(`{"tst":1,"topic":"a/#","payload":""}`, "nothing can be published")
	f(`{"topic":"t","payload":""}`, "time of receipt")
	f(`{"tst":"yesterday","topic":"t","payload":""}`, "time of receipt")
	f(`{"tst":-5,"topic":"t","payload":""}`, "time of receipt")
	f(`{"tst":1795377692100,"topic":"t","payload":""}`, "time of receipt") // no milliseconds
	f(`{"tst":1.x,"topic":"t","payload":""}`, "one JSON object")
	f(`{"tst":"1.x","topic":"t","payload":""}`, "time of receipt")
	f(`{"tst":1,"topic":"t"}`, "there is no payload")
	f(`{"tst":1,"topic":"t","payload_hex":"f"}`, "payload_hex")
	f(`{"tst":1,"topic":"t","payload_base64":"*"}`, "payload_base64")
}

func FuzzParse(f *testing.F) {
	f.Add(`{"tst":"2026-11-22T20:01:32.1Z+0000","topic":"t","payload":"x"}`)
	f.Add(`{"time":1795377692.5,"topic":"sc/v1/058091/air/a-1/up","payload_hex":"00"}`)
	f.Fuzz(func(t *testing.T, line string) {
		m, err := recording.Parse([]byte(line))
		if err == nil && (m.Topic == "" || m.At.IsZero()) {
			t.Errorf("%q is %+v", line, m)
		}
	})
}

func write(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "day.ndjson")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func line(at int, topic, payload string) string {
	return fmt.Sprintf(`{"tst":%d,"topic":%q,"retain":0,"payload":%q}`, 1_774_000_000+at, topic, payload)
}

func TestARecordingIsWhatDevicesSaid(t *testing.T) {
	path := write(t,
		`{"tst":1773000000,"topic":"sc/v1/058091/air/a-9/up","retain":1,"payload":"retained for days"}`,
		line(0, "sc/v1/058091/air/a-1/up", "one"),
		"",
		line(5, "application/1/device/2/event/up", "two"),
		line(4, "sc/v1/058091/air/a-1/up", "three"), // by another thread of the recorder
		line(6, "sc/v1/058091/air/a-1/cmd/7", "said to a device"),
		line(8, "sc/v1/058091/bin/b-1/up", "four"),
	)
	r, err := recording.Open(recording.Options{Path: path, Carrier: "gw-1"})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Clients(), r.Len(), r.Length()); got != "[a-1 gw-1 b-1] 4 8s" {
		t.Error(got)
	}
	for range 2 { // as often as it is needed
		var got []string
		for m, err := range r.Messages() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s %s", m.After, m.Client, m.Payload))
		}
		if text := strings.Join(got, ", "); text != "0s a-1 one, 5s gw-1 two, 5s a-1 three, 8s b-1 four" {
			t.Error(text)
		}
	}
	for range r.Messages() { // nor need it be read to its end
		break
	}
}

func TestARecordingThatCannotBePlayed(t *testing.T) {
	f := func(want string, path string) {
		t.Helper()
		if _, err := recording.Open(recording.Options{Path: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	f("no such file", filepath.Join(t.TempDir(), "nothing"))
	f("no message", write(t, ""))
	f("no message", write(t, `{"tst":1,"topic":"t","retain":true,"payload":"old"}`))
	f("day.ndjson, line 2: ", write(t, line(0, "t", "x"), "nonsense"))
	f("after line 1: ", write(t, line(0, "t", "x"), line(1, "t", strings.Repeat("x", 17<<20))))
}

func TestARecordingThatChanges(t *testing.T) {
	path := write(t, line(0, "t", "x"), line(1, "t", "y"))
	r, err := recording.Open(recording.Options{Path: path})
	if err != nil || r.Clients()[0] != "recording" {
		t.Fatal(r.Clients(), err)
	}
	if err := os.WriteFile(path, []byte(line(0, "t", "x")+"\nnonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	n, failed := 0, error(nil)
	for _, err := range r.Messages() {
		n, failed = n+1, err
	}
	if n != 2 || failed == nil {
		t.Errorf("%d messages, the last with %v", n, failed)
	}
}
