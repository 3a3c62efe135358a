package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/api"
)

// Commands reach a native device on its own topic and a LoRaWAN device by the
// network server's gateway, and what becomes of them is told.
func TestCommandsReachDevices(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,format,external_id\nbin-1,bin,058091,,\nlora-1,bin,058091,chirpstack,70b3d50000000001\ngw-1,gateway,058091,,\n", "devices", "import", "-")
	r.up()
	last := func(device string) (c api.DeviceCommand) {
		var list []api.DeviceCommand
		if err := json.Unmarshal([]byte(r.must("", "devices", "command", device, "--json")), &list); err != nil || len(list) == 0 {
			t.Fatalf("commands to %s: %v", device, err)
		}
		return list[0]
	}
	r.must("", "devices", "command", "bin-1", "open", `{"lid":1}`) // while it is away
	if c := last("bin-1"); c.State != "queued" {
		t.Errorf("to a device that is away: %+v", c)
	}
	got := make(chan paho.Message, 4)
	listen := func(client, filter string) paho.Client {
		t.Helper()
		c, _ := r.client(client)
		asked := c.Subscribe(filter, 1, func(_ paho.Client, m paho.Message) { got <- m }).(*paho.SubscribeToken)
		if !asked.WaitTimeout(20*time.Second) || asked.Error() != nil || asked.Result()[filter] != 1 {
			t.Fatalf("%s listens to %s: %v, %v", client, filter, asked.Error(), asked.Result())
		}
		return c
	}
	next := func() paho.Message {
		t.Helper()
		select {
		case m := <-got:
			return m
		case <-time.After(20 * time.Second):
			t.Fatalf("no command came\n%s", r.log())
			return nil
		}
	}
	listen("bin-1", "sc/v1/+/+/bin-1/cmd/#")
	if m := next(); !strings.HasPrefix(m.Topic(), "sc/v1/058091/bin/bin-1/cmd/") || !strings.Contains(string(m.Payload()), `"name":"open","args":{"lid":1}`) {
		t.Errorf("the device got %s %s", m.Topic(), m.Payload())
	}
	r.await("the acknowledgement", 20*time.Second, func() bool { return last("bin-1").State == "acknowledged" })
	if out := r.must("", "devices", "command", "bin-1", "close", "--wait", "20s"); !strings.Contains(out, "acknowledged") {
		t.Errorf("waited for %q", out)
	}
	next()

	gateway := listen("gw-1", "application/7/device/70b3d50000000001/command/#")
	r.publish(gateway, "application/7/device/70b3d50000000001/event/up", chirpStackUplink)
	r.must("", "devices", "command", "lora-1", "valve", `{"f_port":2,"data":"AQI="}`)
	m := next()
	var down struct{ ID, DevEui, Data string }
	if err := json.Unmarshal(m.Payload(), &down); err != nil || m.Topic() != "application/7/device/70b3d50000000001/command/down" || down.Data != "AQI=" {
		t.Fatalf("the network got %s %s, %v", m.Topic(), m.Payload(), err)
	}
	r.publish(gateway, "application/7/device/70b3d50000000001/event/ack", fmt.Sprintf(`{"queueItemId":%q,"acknowledged":true,"time":"2026-03-01T12:00:00Z","fCntDown":3,"deviceInfo":{"devEui":"70b3d50000000001"}}`, down.ID))
	r.await("the device's acknowledgement", 20*time.Second, func() bool { return last("lora-1").State == "acknowledged" })

	if out, errs, code := r.run("", "devices", "command", "bin-1", "open", "{"); code != 2 {
		t.Errorf("bad JSON: exit %d, %s%s", code, out, errs)
	}
	if _, errs, code := r.run("", "devices", "command", "stranger", "open"); code != 1 || errs == "" {
		t.Errorf("to a stranger: exit %d, %s", code, errs)
	}
	if _, errs, code := r.run("", "devices", "command", "lora-1", "valve"); code != 1 || !strings.Contains(errs, "f_port") {
		t.Errorf("without a port: exit %d, %s", code, errs)
	}
	var trail api.AuditPage
	r.get("/v1/audit", &trail)
	commands := 0
	for _, e := range trail.Entries {
		if e.Action == "devices.command" {
			commands++
		}
	}
	if commands != 3 {
		t.Errorf("%d commands in the audit log: %+v", commands, trail.Entries)
	}
}

const chirpStackUplink = `{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","time":"2026-03-01T12:00:00Z",` +
	`"deviceInfo":{"devEui":"70b3d50000000001"},"fCnt":5,"fPort":1,"object":{"fill_pct":40}}`
