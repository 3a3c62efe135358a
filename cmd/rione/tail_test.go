package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"rione/ingest/process"
)

// "Where is my sensor's reading?" is answered by one command, whatever happened
// to it.
func TestTail(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\nair-0001,air,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	c, _ := r.client("air-0001")
	defer c.Disconnect(0)
	const topic = "sc/v1/058091/air/air-0001/up"
	r.publish(c, topic, `{"ts":1772359200000,"temp_c":20,"mood":"good"}`)
	r.publish(c, topic, `{"temp_c":210}`)
	r.publish(c, topic, `{"temp_c":"warm"}`)
	r.awaitBalance(3)
	out := r.must("", "tail", "air-0001", "--since", "start", "--no-follow")
	for _, want := range []string{
		"stored  air-0001", `raw      sc/v1/058091/air/air-0001/up {"ts":1772359200000,"temp_c":20,"mood":"good"}`, "decoded", "unknown_field", "late",
		"point    air 2026-03-01T10:00:00Z temp_c=20 q=16\n",
		"after it came", "suspect", "outside of", "quarantined  air-0001", "refused  wrong_type temp_c", "nothing of it is stored",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the tail lacks %q:\n%s", want, out)
		}
	}
	var m process.Trace
	first, _, _ := strings.Cut(r.must("", "tail", "air-0001", "--since", "1h", "--no-follow", "--json"), "\n")
	if err := json.Unmarshal([]byte(first), &m); err != nil || m.Points[0].Fields["temp_c"] != 20.0 {
		t.Errorf("%v: %s", err, first)
	}
}

// A live tail shows what comes until it is interrupted.
func TestTailLive(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\nair-0001,air,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	c, _ := r.client("air-0001")
	defer c.Disconnect(0)
	cmd := r.command("tail", "air-0001", "--json")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }() // interrupted below, unless the test failed
	lines := make(chan string, 1)
	go func() { // ends with the command
		s := bufio.NewScanner(pipe)
		for s.Scan() {
			select {
			case lines <- s.Text():
			default:
			}
		}
	}()
	heard := ""
	r.await("the tail to tell a message", 20*time.Second, func() bool {
		r.publish(c, "sc/v1/058091/air/air-0001/up", `{"temp_c":21}`)
		select {
		case heard = <-lines:
			return true
		default:
			return false
		}
	})
	var m process.Trace
	if err := json.Unmarshal([]byte(heard), &m); err != nil || m.Outcome != "stored" || m.Stored.IsZero() || len(m.Points) != 1 {
		t.Errorf("%v: %s", err, heard)
	}
}

func TestReadEvents(t *testing.T) {
	f := func(stream, want, wantErr string) {
		t.Helper()
		var got []string
		err := readEvents(strings.NewReader(stream), func(b []byte) error {
			if string(b) == "stop" {
				return errors.New("stopped")
			}
			got = append(got, string(bytes.Clone(b)))
			return nil
		})
		if s := strings.Join(got, " "); s != want || (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("%q: %q, %v", stream, s, err)
		}
	}
	f(": listening\n\nevent: message\ndata: 1\n\nevent: message\ndata: 2\n\nevent: end\ndata: {}\n\n", "1 2", "")
	f("event: message\ndata: 1\n\n", "1", "ended the tail")
	f("event: problem\ndata: {\"detail\":\"no journal\"}\n\n", "", "no journal")
	f("event: message\ndata: stop\n\n", "", "stopped")
	f("event: other\ndata: 1\n\nevent: end\ndata: {}\n\n", "", "")
}
