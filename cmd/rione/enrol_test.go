package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/api"
)

// A device that nobody registered connects by the token of its comune, waits
// for approval, and what it said meanwhile is stored then.
func TestZeroTouch(t *testing.T) {
	r := newRig(t)
	token := strings.TrimSpace(r.must("", "tokens", "create", "lotto 1", "--role", "enroller", "--comune", "058091")) // before the first start
	r.up()
	const id, secret = "bin-e2e", "drawn-by-the-device-itself"
	const user = "enrol:058091:bin:B1"
	mine := func(topic string) string { return "sc/v1/058091/bin/" + id + "/" + topic }
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + r.at.MQTT).SetClientID(id).
		SetUsername(user).SetPassword(token + "." + secret).SetAutoReconnect(false).SetConnectRetry(false))
	defer c.Disconnect(0)
	if asked := c.Connect(); !asked.WaitTimeout(20*time.Second) || asked.Error() != nil {
		t.Fatalf("enrol: %v\n%s", asked.Error(), r.log())
	}
	r.publish(c, mine("up"), `{"fill_pct": 42}`)
	asked := c.Subscribe(mine("cmd/#"), 1, nil).(*paho.SubscribeToken)
	if !asked.WaitTimeout(20*time.Second) || asked.Result()[mine("cmd/#")] != 0x80 {
		t.Errorf("a pending device hears commands: %v, %v", asked.Result(), asked.Error())
	}
	var waiting []api.DeviceView
	if err := json.Unmarshal([]byte(r.must("", "devices", "list", "--pending", "--json")), &waiting); err != nil || len(waiting) != 1 || waiting[0].DeviceID != id || waiting[0].Model != "B1" {
		t.Fatalf("waiting: %+v, %v", waiting, err)
	}
	r.await("the reading in quarantine", 20*time.Second, func() bool {
		return strings.Contains(r.must("", "quarantine", "list", "--json"), id)
	})
	if n := len(r.query(`SELECT fill_pct FROM bin`)); n != 0 {
		t.Error("a pending device's reading is stored")
	}
	if out := r.must("", "devices", "approve", "--model", "B1", "--group", "lotto 1"); !strings.Contains(out, id) {
		t.Errorf("approve says %q", out)
	}
	r.await("the reading in the store", 30*time.Second, func() bool { return len(r.query(`SELECT fill_pct FROM bin`)) == 1 })

	f := func(user, password string, want bool) {
		t.Helper()
		if got := r.mayConnect(id, user, password); got != want {
			t.Errorf("as %q: connected %v, want %v", user, got, want)
		}
	}
	f(user, token+"."+secret, true)
	f(user, token, false)
	f(id, secret, true)
	next := strings.TrimSpace(r.must("", "devices", "rotate", id, "--overlap", "1h"))
	f(id, secret, true)
	f(id, next, true)
	r.must("", "devices", "rotate", id, "--revoke")
	f(id, secret, false)
	f(id, next, false)

	r.must("", "tokens", "revoke", "lotto 1")
	if r.mayConnect("bin-late", user, token) {
		t.Error("a device enrolled by a revoked token")
	}
	var trail api.AuditPage
	r.get("/v1/audit", &trail)
	var actions []string
	for _, e := range trail.Entries {
		actions = append(actions, e.Action)
	}
	if got := strings.Join(actions, " "); got != "token.create devices.enrol devices.approve devices.rotate devices.rotate token.revoke" {
		t.Errorf("audit log is %s", got)
	}
	if strings.Contains(r.log(), secret) || strings.Contains(r.log(), token) || strings.Contains(r.log(), next) {
		t.Error("a secret is in the log")
	}
}

func TestTokensOfTheCommandLine(t *testing.T) {
	r := newRig(t)
	f := func(code int, say string, args ...string) {
		t.Helper()
		out, errs, got := r.run("", args...)
		if got != code || !strings.Contains(out+errs, say) {
			t.Errorf("rione %s: exit %d, %s%s", strings.Join(args, " "), got, out, errs)
		}
	}
	f(0, "rione_", "tokens", "create", "eyes", "--valid", "1h")
	f(1, "is in force", "tokens", "create", "eyes")
	f(1, "role", "tokens", "create", "king", "--role", "king")
	f(0, "reader", "tokens", "list")
	f(0, "", "tokens", "revoke", "eyes")
	f(1, "no such token", "tokens", "revoke", "eyes")
	f(0, "revoked", "tokens", "list")
	f(2, "", "tokens", "create")
	f(2, "rule", "devices", "approve")
	f(1, "not pending", "devices", "approve", "stranger")
	f(1, "no such device", "devices", "rotate", "stranger")
	r.up()
	f(0, "rione_", "tokens", "create", "hands", "--role", "operator")
	f(1, "is in force", "tokens", "create", "hands")
	f(1, "not pending", "devices", "approve", "stranger")
	f(1, "", "devices", "rotate", "stranger")
	if status, _ := r.ask("/v1/tokens"); status != http.StatusOK {
		t.Errorf("tokens: %d", status)
	}
}
