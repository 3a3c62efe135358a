package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A device over its budget of series is held there, one over its rate is cut off
// at the door, and both are told why; raised limits hold at once.
func TestQuotaHolds(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune\nap-1,wifi_ap,058091\nbin-1,bin,058091\n", "devices", "import", "-")
	r.up()
	f := func(code int, say string, args ...string) {
		t.Helper()
		out, errs, got := r.run("", append([]string{"quota"}, args...)...)
		if got != code || !strings.Contains(out+errs, say) {
			t.Errorf("rione quota %s: exit %d, %s%s", strings.Join(args, " "), got, out, errs)
		}
	}
	f(0, "comune:058091", "list")
	f(0, "5000", "list", "device:bin-1")
	f(0, "yes", "set", "device:ap-1", "--series", "2")
	f(0, "3", "set", "device:bin-1", "--per-second", "0.001", "--burst", "3")
	f(2, "comune:058091", "set", "king")
	f(2, "negative", "set", "device", "--series", "-1")
	f(1, "nothing of that name", "set", "device:stranger", "--series", "1")

	at := time.Now().UnixMilli()
	ap, _ := r.client("ap-1")
	for i, band := range []string{"2g", "5g", "6g"} {
		r.publish(ap, "sc/v1/058091/wifi_ap/ap-1/up", fmt.Sprintf(`{"ts":%d,"wifi_radio":[{"band":"%s","radio":"1","clients":3}]}`, at+int64(i), band))
	}
	const held = "device ap-1 is over its limit of 2 series"
	r.await("the third series in quarantine", 20*time.Second, func() bool {
		return strings.Contains(r.must("", "quarantine", "list", "--json"), held)
	})
	r.await("two series stored", 20*time.Second, func() bool { return len(r.query(`SELECT clients FROM wifi_radio GROUP BY band`)) == 2 })
	r.await("an event that tells it", 30*time.Second, func() bool {
		out := r.must("", "events", "list", "--json")
		return strings.Contains(out, `"over_quota"`) && strings.Contains(out, held)
	})
	f(0, "-", "set", "device:ap-1") // as its class again
	r.must("", "quarantine", "replay", "--reason", "over_quota")
	r.await("all series stored", 20*time.Second, func() bool { return len(r.query(`SELECT clients FROM wifi_radio GROUP BY band`)) == 3 })

	bin, lost := r.client("bin-1")
	for i := range 3 {
		r.publish(bin, "sc/v1/058091/bin/bin-1/up", fmt.Sprintf(`{"ts":%d,"fill_pct":%d}`, at+int64(i), i))
	}
	bin.Publish("sc/v1/058091/bin/bin-1/up", 1, false, fmt.Sprintf(`{"ts":%d,"fill_pct":9}`, at+9))
	select {
	case <-lost: // MQTT 3.1.1 has no word for "no"
	case <-time.After(20 * time.Second):
		t.Error("a device over its rate stays connected")
	}
	r.await("the event to tell of it too", 30*time.Second, func() bool {
		return strings.Contains(r.must("", "events", "list", "--json"), "device bin-1 is over its limit of 0.001 messages a second")
	})
	if status, body := r.ask("/metrics"); status != http.StatusOK || !strings.Contains(string(body), `rione_quota_refused_total{of="device",what="messages"}`) {
		t.Errorf("metrics: %d", status)
	}
}
