package downlink

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"rione/ingest"
)

func TestOptions(t *testing.T) {
	if _, err := Open(t.Context(), nil, Options{}); err == nil {
		t.Error("opened without partners")
	}
}

// A native device is reached on its own topic; the PUBACK of its client is the
// acknowledgement.
func TestNativeCommand(t *testing.T) {
	r := newRig(t)
	c := r.send("bin-1", "reboot", `{"in_s":5}`)
	if c.State != Queued || c.Author != "anna" || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(c.ID) {
		t.Errorf("sent %+v", c)
	}
	got := r.until(r.Desk, c.ID, Sent)
	m := r.doors.all()[0]
	if want := "sc/v1/058091/bin/bin-1/cmd/" + c.ID; m.Topic != want || got.Topic != want || m.Door != "mqtt" || m.Device != "bin-1" {
		t.Errorf("published %+v", m)
	}
	var payload map[string]any
	if err := json.Unmarshal(m.Payload, &payload); err != nil || payload["name"] != "reboot" || payload["id"] != c.ID ||
		payload["expires"] != float64(c.Expires.Unix()) || fmt.Sprint(payload["args"]) != "map[in_s:5]" {
		t.Errorf("payload %s, %v", m.Payload, err)
	}
	m.Acked()
	m.Acked()
	r.until(r.Desk, c.ID, Acknowledged)
	if n := len(r.doors.all()); n != 1 {
		t.Errorf("published %d times", n)
	}
}

// A device that is away gets the command when it is there, with the reason
// shown meanwhile; one that never answers lets it expire.
func TestWaitsAndExpires(t *testing.T) {
	r := newRig(t)
	r.doors.set(true)
	c := r.send("bin-1", "reboot", "")
	r.eventually("the reason", func() bool { got, _ := r.Get(c.ID); return strings.Contains(got.Detail, errAway.Error()) })
	r.doors.set(false)
	r.until(r.Desk, c.ID, Sent)
	r.clock.forward(59 * time.Minute)
	r.rouse()
	if got := r.until(r.Desk, c.ID, Sent); got.Detail != "" {
		t.Errorf("sent: %+v", got)
	}
	r.clock.forward(time.Minute)
	if got := r.until(r.Desk, c.ID, Expired); got.Detail != "no acknowledgement came" {
		t.Errorf("expired: %+v", got)
	}
	r.doors.set(true)
	late := r.send("bin-1", "reboot", "")
	r.eventually("the reason", func() bool { got, _ := r.Get(late.ID); return got.Detail != "" })
	r.clock.forward(2 * time.Hour)
	if got := r.until(r.Desk, late.ID, Expired); !strings.Contains(got.Detail, errAway.Error()) {
		t.Errorf("never sent: %+v", got)
	}
	r.clock.forward(kept + time.Hour)
	r.eventually("forgotten", func() bool { r.rouse(); return len(r.List("bin-1")) == 0 })
}

// A command survives the process; another process sees what became of it.
func TestKeptOverRestarts(t *testing.T) {
	r := newRig(t)
	r.doors.set(true)
	c := r.send("bin-1", "reboot", "")
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Fatal(err)
	}
	second, third := r.open(), r.open()
	if got, there := second.Get(c.ID); !there || got.State != Queued || got.Name != "reboot" {
		t.Fatalf("after a restart: %+v, %v", got, there)
	}
	r.doors.set(false)
	r.until(second, c.ID, Sent)
	r.until(third, c.ID, Sent)
	r.doors.all()[0].Acked()
	r.until(second, c.ID, Acknowledged)
	r.until(third, c.ID, Acknowledged)
	if len(third.List("bin-1")) != 1 || len(third.List("lora-1")) != 0 {
		t.Errorf("listed %+v", third.List("bin-1"))
	}
}

func TestRefusedCommands(t *testing.T) {
	r := newRig(t)
	f := func(want error, device, name, args string, life time.Duration) {
		t.Helper()
		if _, err := r.Send(t.Context(), "anna", device, name, []byte(args), life); !errors.Is(err, want) {
			t.Errorf("%s %s %.40s: %v", device, name, args, err)
		}
	}
	f(ErrBadCommand, "stranger", "reboot", "", 0)
	f(ErrBadCommand, "new-1", "reboot", "", 0) // pending
	f(ErrBadCommand, "bin-1", "", "", 0)
	f(ErrBadCommand, "bin-1", "a/b", "", 0)
	f(ErrBadCommand, "bin-1", "+", "", 0)
	f(ErrBadCommand, "bin-1", strings.Repeat("x", 65), "", 0)
	f(ErrBadCommand, "bin-1", "reboot", "{", 0)
	f(ErrBadCommand, "bin-1", "reboot", `"`+strings.Repeat("x", maxArgs)+`"`, 0)
	f(ErrBadCommand, "bin-1", "reboot", "", time.Millisecond)
	f(ErrBadCommand, "bin-1", "reboot", "", 32*24*time.Hour)
	r.doors.set(true)
	for range maxOpenDevice {
		r.send("bin-1", "reboot", "")
	}
	f(ErrTooMany, "bin-1", "reboot", "", 0)
	f(nil, "tas-1", "reboot", "", 0) // another device has room
}

// The way back is the way by which a device came: the door, the network and
// the name that this one calls it by.
func TestWays(t *testing.T) {
	f := func(device, door, uplink, name, args, wantTopic, wantPayload string) {
		t.Helper()
		r := newRig(t)
		c := r.send(device, name, args)
		r.hear(device, door, uplink, `{}`)
		r.until(r.Desk, c.ID, Sent)
		m := r.doors.all()[0]
		topic, payload := strings.ReplaceAll(m.Topic, c.ID, "ID"), strings.ReplaceAll(string(m.Payload), c.ID, "ID")
		if m.Door != door || topic != wantTopic || payload != wantPayload {
			t.Errorf("%s: %s by %s: %s", uplink, m.Topic, m.Door, payload)
		}
	}
	const radio = `{"f_port":2,"data":"AQI="}`
	f("lora-1", "broker", "application/7/device/70b3d50000000001/event/up", "valve", radio,
		"application/7/device/70b3d50000000001/command/down", `{"confirmed":true,"data":"AQI=","devEui":"70b3d50000000001","fPort":2,"id":"ID"}`)
	f("lora-1", "mqtt", "application/7/device/70b3d50000000001/event/status", "valve", `{"f_port":2,"object":{"open":true},"confirmed":false}`,
		"application/7/device/70b3d50000000001/command/down", `{"confirmed":false,"devEui":"70b3d50000000001","fPort":2,"id":"ID","object":{"open":true}}`)
	f("lora-1", "broker", "v3/app@tenant/devices/bin-7/up", "valve", radio,
		"v3/app@tenant/devices/bin-7/down/push", `{"downlinks":[{"confirmed":true,"correlation_ids":["rione:ID"],"f_port":2,"frm_payload":"AQI=","priority":"NORMAL"}]}`)
	f("lora-1", "broker", "v3/app@tenant/devices/bin-7/up", "valve", `{"f_port":2,"object":{"open":true}}`,
		"v3/app@tenant/devices/bin-7/down/push", `{"downlinks":[{"confirmed":true,"correlation_ids":["rione:ID"],"decoded_payload":{"open":true},"f_port":2,"priority":"NORMAL"}]}`)
	f("tas-1", "broker", "tele/plug/SENSOR", "POWER", `"ON"`, "cmnd/plug/POWER", "ON")
	f("tas-1", "broker", "tele/plug/STATE", "Dimmer", `40`, "cmnd/plug/Dimmer", "40")
	f("tas-1", "broker", "zigbee2mqtt/lamp", "state", `"ON"`, "zigbee2mqtt/lamp/set", `{"state":"ON"}`)
	f("tas-1", "broker", "zigbee2mqtt/lamp", "any", `{"state":"ON"}`, "zigbee2mqtt/lamp/set", `{"state":"ON"}`)
}

// A device that is native by its registry entry and speaks from another comune
// on paper is answered where it is.
func TestWayOfAMovedDevice(t *testing.T) {
	r := newRig(t)
	r.hear("bin-1", "mqtt", "sc/v1/015146/bin/bin-1/up", "{}")
	r.hear("bin-1", "mqtt", "sc/v1/015146/bin/bin-1/state", "{}")
	r.hear("bin-1", "http", "/ingest/v1/native", "{}")           // no way back
	r.hear("bin-1", "replay", "sc/v1/058091/bin/bin-1/up", "{}") // old news
	r.hear("bin-1", "mqtt", "something/else", "{}")              // nor this
	c := r.send("bin-1", "reboot", "")
	if got := r.until(r.Desk, c.ID, Sent); got.Topic != "sc/v1/015146/bin/bin-1/cmd/"+c.ID {
		t.Errorf("sent on %s", got.Topic)
	}
}

// What a network could never take is refused at once where the way is known,
// and expires with the reason where it becomes known later.
func TestBadArguments(t *testing.T) {
	for _, args := range []string{"", "3", `{}`, `{"f_port":0,"data":"AQ=="}`, `{"f_port":224,"data":"AQ=="}`, `{"f_port":1}`,
		`{"f_port":1,"data":"AQ==","object":{}}`, `{"f_port":1,"data":"not base64!"}`} {
		r := newRig(t)
		c := r.send("lora-1", "valve", args)
		if got, _ := r.Get(c.ID); got.State != Queued {
			t.Errorf("%s: %+v", args, got)
		}
		r.hear("lora-1", "broker", "application/7/device/70b3d50000000001/event/up", "{}")
		if got := r.until(r.Desk, c.ID, Expired); !strings.Contains(got.Detail, "f_port") || len(r.doors.all()) != 0 {
			t.Errorf("%s: %+v", args, got)
		}
		if _, err := r.Send(t.Context(), "anna", "lora-1", "valve", []byte(args), 0); !errors.Is(err, ErrBadCommand) {
			t.Errorf("%s a second time: %v", args, err)
		}
	}
	r := newRig(t)
	r.hear("tas-1", "broker", "zigbee2mqtt/lamp", "{}")
	if _, err := r.Send(t.Context(), "anna", "tas-1", "state", nil, 0); !errors.Is(err, ErrBadCommand) {
		t.Errorf("nothing to set: %v", err)
	}
}

// The networks' answers, and a device's own, end a command; nobody answers for
// another.
func TestAnswers(t *testing.T) {
	f := func(device, topic, payload string, want State, detail string) {
		t.Helper()
		r := newRig(t)
		c := r.send("bin-1", "reboot", "")
		r.until(r.Desk, c.ID, Sent)
		r.hear(device, "mqtt", topic, strings.ReplaceAll(payload, "ID", c.ID))
		marker := r.send("bin-1", "marker", "") // the loop takes one after the other
		r.until(r.Desk, marker.ID, Sent)
		r.doors.all()[1].Acked()
		r.until(r.Desk, marker.ID, Acknowledged)
		if got, _ := r.Get(c.ID); got.State != want || got.Detail != detail {
			t.Errorf("%s %s: %+v", topic, payload, got)
		}
	}
	const event = "sc/v1/058091/bin/bin-1/event"
	f("bin-1", event, `{"cmd":"ID","ok":true}`, Acknowledged, "the device answered: done")
	f("bin-1", event, `{"cmd":"ID"}`, Acknowledged, "the device answered: done")
	f("bin-1", event, `{"cmd":"ID","ok":false,"detail":"lid open"}`, Acknowledged, "the device answered: refused: lid open")
	f("bin-1", event, `{"cmd":"ID","detail":"`+strings.Repeat("è", 200)+`"}`, Acknowledged, "the device answered: done: "+strings.Repeat("è", 128))
	f("bin-1", event, `{"type":"fire"}`, Sent, "")
	f("bin-1", event, `{"cmd":"stranger"}`, Sent, "")
	f("bin-1", event, `{"cmd":7}`, Sent, "")
	f("lora-1", "sc/v1/058091/bin/lora-1/event", `{"cmd":"ID"}`, Sent, "") // another device
	f("bin-1", "sc/v1/058091/bin/bin-1/up", `{"cmd":"ID"}`, Sent, "")
	f("", "application/7/device/a1/event/ack", `{"queueItemId":"ID","acknowledged":true}`, Acknowledged, "the device acknowledged by its network")
	f("", "application/7/device/a1/event/ack", `{"queueItemId":"ID","acknowledged":false}`, Sent, "the network sent it and the device did not acknowledge")
	f("", "application/7/device/a1/event/ack", `{`, Sent, "")
	f("lora-1", "application/7/device/a1/event/ack", `{"queueItemId":"ID","acknowledged":true}`, Sent, "") // another device
	f("", "v3/a/devices/d/down/ack", `{"downlink_ack":{"correlation_ids":["x","rione:ID"]}}`, Acknowledged, "the device acknowledged by its network")
	f("", "v3/a/devices/d/down/ack", `{"correlation_ids":["rione:ID"]}`, Acknowledged, "the device acknowledged by its network")
	f("", "v3/a/devices/d/down/nack", `{"downlink_nack":{"correlation_ids":["rione:ID"]}}`, Sent, "the network sent it and the device did not acknowledge")
	f("", "v3/a/devices/d/down/failed", `{"downlink_failed":{"downlink":{"correlation_ids":["rione:ID"]}}}`, Sent, "the network could not send it")
	f("", "v3/a/devices/d/down/sent", `{"correlation_ids":["rione:ID"]}`, Sent, "")
	f("", "v3/a/devices/d/down/ack", `{"correlation_ids":["other:ID"]}`, Sent, "")
	f("", "v3/a/devices/d/down/ack", `[`, Sent, "")
}

func TestDamagedCommandIsPassedOver(t *testing.T) {
	r := newRig(t)
	c := r.send("bin-1", "reboot", "")
	r.until(r.Desk, c.ID, Sent) // a command that changes while it is read comes a moment later
	bucket, err := r.js.KeyValue(t.Context(), bucketName)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"a": "{", "b": `{"id":"c"}`} {
		if _, err := bucket.PutString(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	if d := r.open(); len(d.commands) != 1 || d.commands[c.ID].Name != "reboot" {
		t.Errorf("commands are %+v", d.commands)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add("sc/v1/058091/bin/bin-1/event", []byte(`{"cmd":"x","ok":false,"detail":"\ud800"}`))
	f.Add("v3/a/devices/d/down/ack", []byte(`{"downlink_ack":{"correlation_ids":["rione:x"]}}`))
	f.Add("application/7/device/a1/event/ack", []byte(`{"queueItemId":"x"}`))
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		c, is := answerOf(&ingest.Message{Topic: topic, Payload: payload})
		if is && (c.id == "" || len(c.detail) > 2*maxDetail) {
			t.Errorf("%q %q: %+v", topic, payload, c)
		}
	})
}

func BenchmarkHeard(b *testing.B) {
	d := &Desk{}
	dev := fleet(b).snapshot.Device("bin-1")
	m := &ingest.Message{Door: "mqtt", Topic: "sc/v1/058091/bin/bin-1/up", Payload: []byte(`{"fill_pct":40}`)}
	b.ReportAllocs()
	for b.Loop() {
		d.Heard(dev, m)
	}
}
