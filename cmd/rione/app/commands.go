package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rione/api"
	"rione/devices/access"
	"rione/ingest/downlink"
)

// startCommands opens the commands to devices. They begin to leave once the
// doors are open.
func (a *App) startCommands(ctx context.Context) error {
	_, js, err := a.stream("commands")
	if err != nil {
		return err
	}
	a.desk, err = downlink.Open(ctx, js, downlink.Options{Registry: a.registry, Doors: a.outlets, Logger: a.log, Metrics: a.metrics})
	if err != nil {
		return err
	}
	a.life.push("commands", func(context.Context) error { return a.desk.Close() })
	return nil
}

// commands gives the API the desk in its own types, and notes in the audit log
// who sent what.
type commands struct {
	desk  *downlink.Desk
	trail access.Trail
}

var _ api.Commands = commands{}

// Send implements api.Commands.
func (c commands) Send(ctx context.Context, author, device, name string, args json.RawMessage, life time.Duration) (api.DeviceCommand, error) {
	sent, err := c.desk.Send(ctx, author, device, name, args, life)
	switch {
	case errors.Is(err, downlink.ErrBadCommand):
		return api.DeviceCommand{}, fmt.Errorf("%w: %w", api.ErrBadCommand, err)
	case errors.Is(err, downlink.ErrTooMany):
		return api.DeviceCommand{}, fmt.Errorf("%w: %w", api.ErrTooManyCommands, err)
	case err != nil:
		return api.DeviceCommand{}, err
	}
	entry := access.Entry{Time: sent.Created, Who: author, Action: "devices.command", Subject: device, Detail: sent.Name + " " + sent.ID}
	if err := c.trail.Append(ctx, entry); err != nil {
		return shownCommand(sent), fmt.Errorf("the command %s is sent, but not in the audit log: %w", sent.ID, err)
	}
	return shownCommand(sent), nil
}

// List implements api.Commands.
func (c commands) List(device string) []api.DeviceCommand {
	var list []api.DeviceCommand
	for _, one := range c.desk.List(device) {
		list = append(list, shownCommand(one))
	}
	return list
}

func shownCommand(c downlink.Command) api.DeviceCommand {
	return api.DeviceCommand{
		ID: c.ID, Device: c.Device, Name: c.Name, Args: c.Args, Author: c.Author, State: string(c.State), Detail: c.Detail,
		Topic: c.Topic, Created: c.Created, Expires: c.Expires, Changed: c.Changed,
	}
}
