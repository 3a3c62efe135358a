package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Errors that Commands returns for what the client can mend.
var (
	// ErrBadCommand is returned for a command that cannot be sent as it is.
	ErrBadCommand = errors.New("the command cannot be sent so")
	// ErrTooManyCommands is returned while too many commands wait.
	ErrTooManyCommands = errors.New("too many commands wait")
)

// DeviceCommand is a command to a device and what became of it.
type DeviceCommand struct {
	ID      string          `json:"id" doc:"UUID; native devices find it in the topic, too."`
	Device  string          `json:"device_id"`
	Name    string          `json:"name"`
	Args    json.RawMessage `json:"args,omitempty"`
	Author  string          `json:"author"`
	State   string          `json:"state" enum:"queued,sent,acknowledged,expired"`
	Detail  string          `json:"detail,omitempty" doc:"What it waits for, or what the device answered."`
	Topic   string          `json:"topic,omitempty" doc:"That it was sent on."`
	Created time.Time       `json:"created"`
	Expires time.Time       `json:"expires"`
	Changed time.Time       `json:"changed" doc:"When the state became what it is."`
}

// Commands carries commands to devices.
type Commands interface {
	// Send keeps a command and begins to deliver it. Its errors are
	// ErrBadCommand and ErrTooManyCommands with what is wrong.
	Send(ctx context.Context, author, device, name string, args json.RawMessage, life time.Duration) (DeviceCommand, error)
	// List returns the commands of a device, the newest first.
	List(device string) []DeviceCommand
}

// CommandList are the commands of a device.
type CommandList struct {
	Commands []DeviceCommand `json:"commands"`
}

type sendInput struct {
	DevicePath
	Body struct {
		Name     string          `json:"name" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"What to do, as the device calls it."`
		Args     json.RawMessage `json:"args,omitempty" doc:"Any JSON. By LoRaWAN: f_port, and data in base64 or an object for the network's codec."`
		ExpiresS float64         `json:"expires_s,omitempty" minimum:"1" maximum:"2592000" doc:"How long it is good, seconds; an hour when absent."`
	}
}

func (s *Server) routeCommands() {
	op := func(id, method, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/v1/devices/{id}/commands", Summary: summary, Description: description,
			Tags: []string{"devices"}, Errors: []int{501}}
	}
	handle(s, op("send-command", http.MethodPost, "Send a command to a device",
		"It leaves by the door and network that the device came by, once the device can be reached."), s.sendCommand)
	handle(s, op("list-commands", http.MethodGet, "Commands to a device and what became of them, the newest first", ""), s.listCommands)
}

func (s *Server) sendCommand(ctx context.Context, in *sendInput) (*body[DeviceCommand], error) {
	if err := has(s.o.Commands != nil, "way to devices"); err != nil {
		return nil, err
	}
	if _, err := s.deviceOf(ctx, in.ID); err != nil {
		return nil, err
	}
	b := &in.Body
	c, err := s.o.Commands.Send(ctx, author(ctx), in.ID, b.Name, b.Args, time.Duration(b.ExpiresS*float64(time.Second)))
	switch {
	case errors.Is(err, ErrBadCommand):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, ErrTooManyCommands):
		return nil, huma.Error429TooManyRequests(err.Error())
	case err != nil:
		return nil, err
	}
	return &body[DeviceCommand]{Body: c}, nil
}

func (s *Server) listCommands(ctx context.Context, in *DevicePath) (*body[CommandList], error) {
	if err := has(s.o.Commands != nil, "way to devices"); err != nil {
		return nil, err
	}
	if _, err := s.deviceOf(ctx, in.ID); err != nil {
		return nil, err
	}
	return &body[CommandList]{Body: CommandList{Commands: append([]DeviceCommand{}, s.o.Commands.List(in.ID)...)}}, nil
}
