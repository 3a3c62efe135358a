package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

// memoryCommands keeps commands and sends none.
type memoryCommands struct {
	list   []DeviceCommand
	refuse error
}

func (m *memoryCommands) Send(_ context.Context, author, device, name string, args json.RawMessage, life time.Duration) (DeviceCommand, error) {
	if m.refuse != nil {
		return DeviceCommand{}, m.refuse
	}
	c := DeviceCommand{ID: "c-1", Device: device, Name: name, Args: args, Author: author, State: "queued", Detail: life.String()}
	m.list = append(m.list, c)
	return c, nil
}

func (m *memoryCommands) List(device string) (list []DeviceCommand) {
	for _, c := range m.list {
		if c.Device == device {
			list = append(list, c)
		}
	}
	return list
}

func TestCommands(t *testing.T) {
	commands := &memoryCommands{}
	r := newRig(t, demoCity()[:3], func(o *Options) { o.Commands = commands })
	path := "/v1/devices/" + r.registry.Snapshot().All()[0].ID + "/commands"
	var sent DeviceCommand
	answer(t, r, 200, "POST", path, `{"name":"reboot","args":{"in_s":5},"expires_s":90}`, &sent)
	if sent.Author != "admin" || sent.Name != "reboot" || string(sent.Args) != `{"in_s":5}` || sent.Detail != "1m30s" {
		t.Errorf("sent %+v", sent)
	}
	var list CommandList
	answer(t, r, 200, "GET", path, "", &list)
	if len(list.Commands) != 1 || list.Commands[0].ID != sent.ID {
		t.Errorf("listed %+v", list)
	}
	answer(t, r, 422, "POST", path, `{"name":"a/b"}`, nil)
	answer(t, r, 422, "POST", path, `{}`, nil)
	answer(t, r, 422, "POST", path, `{"name":"x","expires_s":0.5}`, nil)
	answer(t, r, 404, "POST", "/v1/devices/stranger/commands", `{"name":"reboot"}`, nil)
	answer(t, r, 404, "GET", "/v1/devices/stranger/commands", "", nil)
	for err, status := range map[error]int{ErrBadCommand: 422, ErrTooManyCommands: 429, errors.New("no NATS"): 500} {
		commands.refuse = fmt.Errorf("send: %w", err)
		answer(t, r, status, "POST", path, `{"name":"reboot"}`, nil)
	}
}

func TestServerWithoutCommands(t *testing.T) {
	r := newRig(t, demoCity()[:3])
	path := "/v1/devices/" + r.registry.Snapshot().All()[0].ID + "/commands"
	answer(t, r, 501, "GET", path, "", nil)
	answer(t, r, 501, "POST", path, `{"name":"reboot"}`, nil)
}
