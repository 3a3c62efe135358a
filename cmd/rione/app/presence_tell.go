package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"rione/api"
	"rione/devices"
	"rione/devices/access"
	"rione/devices/event"
	"rione/ingest"
	"rione/ingest/broker"
	"rione/ingest/influx"
)

// announce tells a change to who listens now: the live feed of the API, and
// subscribers at the MQTT door.
func (w *watch) announce(e event.Event) {
	w.app.log.Info("event", "step", e.Step, "type", e.Type, "event", e.ID, "devices", e.Count, "text", e.Text)
	w.app.api.Announce(e)
	body, err := json.Marshal(e)
	if err == nil {
		err = w.app.door.Publish(context.Background(), ingest.Command{Topic: access.EventTopic(e.Comune, string(e.Type), e.ID), Payload: body})
	}
	if err != nil && !errors.Is(err, broker.ErrNoSubscriber) {
		w.app.log.Error("an event could not be published by MQTT", "event", e.ID, "error", err)
	}
}

// eventWriteTime bounds one try to write an event.
const eventWriteTime = 20 * time.Second

// writeEvent writes a change of an event to the store. Which devices come and
// go is not written, and of a device's alarm only what operators did: what the
// device said stands there already.
func writeEvent(ctx context.Context, to *storeTarget, s *devices.Snapshot, e *event.Event) error {
	if e.Step == event.Updated || e.Source == event.FromDevice && e.Step != event.Taken && e.Step != event.Withdrawn {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, eventWriteTime)
	defer cancel()
	batch := influx.NewBatch()
	batch.Add(eventPoint(s, e))
	rejects, err := to.writer.Write(ctx, to.bucket, batch)
	if err == nil && len(rejects) > 0 && !rejects[0].Expired {
		return fmt.Errorf("the store refuses event %s: %s", e.ID, rejects[0].Detail)
	}
	return err
}

// eventPoint returns the point of a change: of its device where it is about
// one, else of its comune.
func eventPoint(s *devices.Snapshot, e *event.Event) *ingest.Point {
	m := eventMeasurement()
	p := &ingest.Point{Measurement: m, Time: e.Changed, Tags: []ingest.Tag{{Name: "type", Value: string(e.Type)}}}
	if d := s.Device(e.Device); d != nil {
		p.Device, p.Place = d, d.At(e.Changed)
		p.Position = p.Place.Point
	} else {
		p.Tags = append(p.Tags, ingest.Tag{Name: "comune", Value: e.Comune})
	}
	state := int64(1)
	if e.Ended() {
		state = 0
	}
	severity := e.Severity
	if e.Step == event.Taken {
		severity = event.Information // a note of an operator; who counts events counts them once
	}
	p.Fields = []ingest.FieldValue{
		{Field: m.Field("severity"), Int: int64(severity)}, {Field: m.Field("state"), Int: state}, {Field: m.Field("text"), Text: eventText(e)},
	}
	return p
}

func eventText(e *event.Event) string {
	text := e.Text
	switch e.Step {
	case event.Taken:
		text += "; acknowledged by " + e.Ack.Who
	case event.Withdrawn:
		text += "; closed by " + e.Ack.Who
	case event.Cleared:
		text += "; over"
	}
	if e.Ack != nil && e.Ack.Note != "" && e.Step != event.Cleared {
		text += ": " + e.Ack.Note
	}
	return text
}

// operators gives the API the book, and notes in the audit log what operators
// do with it.
type operators struct {
	*event.Book
	trail access.Trail
}

var _ api.Events = operators{}

// Acknowledge implements api.Events.
func (o operators) Acknowledge(ctx context.Context, id, who, note string) (event.Event, error) {
	e, err := o.Book.Acknowledge(ctx, id, who, note)
	return e, o.noted(ctx, err, access.Entry{Who: who, Action: "events.acknowledge", Subject: id, Detail: note})
}

// Close implements api.Events.
func (o operators) Close(ctx context.Context, id, who, note string) (event.Event, error) {
	e, err := o.Book.Close(ctx, id, who, note)
	return e, o.noted(ctx, err, access.Entry{Who: who, Action: "events.close", Subject: id, Detail: note})
}

// AddWindow implements api.Events.
func (o operators) AddWindow(ctx context.Context, w event.Window) (event.Window, error) {
	w, err := o.Book.AddWindow(ctx, w)
	return w, o.noted(ctx, err, access.Entry{Who: w.Author, Action: "maintenance.add", Subject: w.Device + w.Group + w.Comune, Detail: spanOf(&w)})
}

// RemoveWindow implements api.Events.
func (o operators) RemoveWindow(ctx context.Context, id, who string) error {
	w, err := o.Book.RemoveWindow(ctx, id)
	return o.noted(ctx, err, access.Entry{Who: who, Action: "maintenance.remove", Subject: w.Device + w.Group + w.Comune, Detail: spanOf(&w)})
}

func spanOf(w *event.Window) string {
	return w.From.Format(time.RFC3339) + " to " + w.Until.Format(time.RFC3339) + " " + w.Note
}

// noted writes what was done to the audit log.
func (o operators) noted(ctx context.Context, err error, e access.Entry) error {
	if err != nil {
		return err
	}
	e.Time = time.Now().UTC()
	if err := o.trail.Append(ctx, e); err != nil {
		return fmt.Errorf("it is done, but not in the audit log: %w", err)
	}
	return nil
}

// observers are the connected bearers of tokens who hear of events by MQTT.
type observers struct {
	mu   sync.Mutex
	list map[string]*access.Observer // by identity
}

func (o *observers) add(one *access.Observer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.list == nil {
		o.list = map[string]*access.Observer{}
	}
	o.list[one.Identity()] = one
}

// check disconnects those whose token is no longer good.
func (o *observers) check(door *broker.Server) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, one := range o.list {
		if !one.InForce() {
			door.Disconnect(id)
			delete(o.list, id)
		}
	}
}
