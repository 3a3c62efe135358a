package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/api"
)

// TestRoutesWhileRunning edits the table of routes beside a client that goes on
// publishing: what it says is decoded by the table of the moment, without a
// restart and without losing the connection.
func TestRoutesWhileRunning(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon,external_id\nont-0007,bb_node,058091,41.89,12.49,ont-7\ngw-000001,gateway,058091,41.89,12.49,\n", "devices", "import", "-")
	r.up()
	acs, lost := r.client("gw-000001")
	defer acs.Disconnect(0)
	const topic = "acs/ont-7/bulkdata"
	base, sent := time.Now().Add(-time.Hour).Truncate(time.Second), int64(0)
	// say publishes a report of its own second and tells what became of it.
	var before api.LedgerLine
	say := func(milli int) (stored, quarantined int64) {
		t.Helper()
		sent++
		r.publish(acs, topic, fmt.Sprintf(`{"Report":[{"CollectionTime":%d,"Device.Optical.Interface.1.OpticalSignalLevel":%d}]}`, base.Unix()+sent, milli))
		now := r.awaitBalance(sent)
		stored, quarantined = now.Stored-before.Stored, now.Quarantined-before.Quarantined
		before = now
		return stored, quarantined
	}
	newest := func() api.Entry {
		t.Helper()
		var page api.EntryPage
		r.get("/v1/quarantine?limit=1", &page)
		if len(page.Entries) != 1 {
			t.Fatal("nothing is in quarantine")
		}
		return page.Entries[0]
	}
	// levels are what is stored, each with the number of its message.
	levels := func() (out string) {
		for _, row := range r.askStore("SELECT rx_power_dbm FROM bb_link WHERE device_id='ont-0007'", "")[""] {
			out += fmt.Sprintf("%.0f: %.1f dBm\n", row[0]/1000-float64(base.Unix()), row[1])
		}
		return out
	}

	if _, held := say(-20_100); held != 1 || newest().Reason != "no_route" {
		t.Errorf("without a route: %+v", newest())
	}
	if _, _, code := r.run("", "routes", "test", topic); code != exitFailed {
		t.Errorf("a topic without a route is tested: exit %d", code)
	}

	r.must("", "routes", "set", "acs", "--filter", "acs/+/bulkdata", "--format", "tr369-bulk", "--device", "topic:1")
	if out := r.must("", "routes", "test", topic); !strings.Contains(out, "takes the route acs") || !strings.Contains(out, "device: ont-7") {
		t.Errorf("tested: %s", out)
	}
	if out := r.must("", "routes", "list"); !strings.Contains(out, "acs/+/bulkdata") {
		t.Errorf("listed:\n%s", out)
	}
	if stored, _ := say(-21_400); stored != 1 || levels() != "2: -21.4 dBm\n" {
		t.Errorf("with a route: %d stored, %s", stored, levels())
	}

	// The same topic becomes another format, whose decoder knows nothing of it.
	r.must("", "routes", "set", "acs", "--filter", "acs/+/bulkdata", "--format", "tasmota")
	if _, held := say(-21_500); held != 1 || newest().Reason == "no_route" {
		t.Errorf("as another format: %+v", newest())
	}

	// The filter leaves the topic, which is near it still.
	r.must("", "routes", "set", "acs", "--filter", "acs/+/bulk", "--format", "tr369-bulk", "--device", "topic:1")
	if _, held := say(-21_600); held != 1 || newest().Reason != "no_route" || !strings.Contains(newest().Detail, "acs") {
		t.Errorf("beside a route: %+v; want the nearest one named", newest())
	}

	r.must("", "routes", "set", "acs", "--filter", "acs/#", "--format", "tr369-bulk", "--device", "topic:1")
	if stored, _ := say(-21_700); stored != 1 || levels() != "2: -21.4 dBm\n5: -21.7 dBm\n" {
		t.Errorf("with a wider filter: %d stored, %s", stored, levels())
	}
	r.must("", "routes", "remove", "acs")
	if _, held := say(-21_800); held != 1 || newest().Reason != "no_route" {
		t.Errorf("after its removal: %+v", newest())
	}
	select {
	case <-lost:
		t.Error("the client lost its connection")
	default:
	}
}

func TestRoutesSaysWhatIsWrong(t *testing.T) {
	r := newRig(t)
	r.up()
	for want, args := range map[string][]string{
		"morse":   {"routes", "set", "x", "--filter", "x/#", "--format", "morse"},
		"filter":  {"routes", "set", "x", "--filter", "x/#/y", "--format", "native"},
		"topic:N": {"routes", "set", "x", "--filter", "x/#", "--format", "native", "--device", "topic:first"},
		"rione:":  {"routes", "remove", "no-such-route"},
		"line 2":  {"routes", "set", "x", "--filter", "x/#", "--mapping", "-"},
	} {
		_, errs, code := r.run("{\n\"readings\": 1}", args...)
		if code != exitFailed || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}
