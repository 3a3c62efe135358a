package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices/event"
)

// MaintenanceWindow is a time in which devices are not judged.
type MaintenanceWindow event.Window

// WindowList are the maintenance windows.
type WindowList struct {
	Windows []MaintenanceWindow `json:"windows"`
}

type addWindowInput struct {
	Body struct {
		Device string    `json:"device,omitempty" maxLength:"64" doc:"One of device, group and comune."`
		Group  string    `json:"group,omitempty" maxLength:"100"`
		Comune string    `json:"comune,omitempty" maxLength:"6" doc:"ISTAT code." example:"058091"`
		From   time.Time `json:"from,omitzero" required:"false" doc:"Now, when absent."`
		Until  time.Time `json:"until"`
		Note   string    `json:"note,omitempty" maxLength:"500"`
	}
}

// seesWindow tells whether a window is of the scope: of one of its comuni, or of
// a device there. Groups reach over comuni.
func (s *Server) seesWindow(c scope, w *event.Window) bool {
	switch {
	case c.all():
		return true
	case w.Comune != "":
		return c.covers(w.Comune)
	}
	return w.Device != "" && c.sees(s.o.Registry.Snapshot().Device(w.Device))
}

func (s *Server) listWindows(ctx context.Context, _ *struct{}) (*body[WindowList], error) {
	if err := has(s.o.Events != nil, "events"); err != nil {
		return nil, err
	}
	out := WindowList{Windows: []MaintenanceWindow{}}
	for _, w := range s.o.Events.Windows() {
		if s.seesWindow(scopeOf(ctx), &w) {
			out.Windows = append(out.Windows, MaintenanceWindow(w))
		}
	}
	return &body[WindowList]{Body: out}, nil
}

func (s *Server) addWindow(ctx context.Context, in *addWindowInput) (*body[MaintenanceWindow], error) {
	if err := has(s.o.Events != nil, "events"); err != nil {
		return nil, err
	}
	b := &in.Body
	w := event.Window{Device: b.Device, Group: b.Group, Comune: b.Comune, From: b.From, Until: b.Until, Note: b.Note, Author: author(ctx)}
	if w.From.IsZero() {
		w.From = s.o.Now().UTC()
	}
	if err := w.Validate(); err != nil {
		return nil, eventProblem(err)
	}
	if w.Device != "" && s.o.Registry.Snapshot().Device(w.Device) == nil || !s.seesWindow(scopeOf(ctx), &w) {
		return nil, huma.Error422UnprocessableEntity("the window covers nothing that is yours; a group's needs a token for the whole city")
	}
	w, err := s.o.Events.AddWindow(ctx, w)
	if err != nil {
		return nil, eventProblem(err)
	}
	return &body[MaintenanceWindow]{Body: MaintenanceWindow(w)}, nil
}

func (s *Server) removeWindow(ctx context.Context, in *EventPath) (*struct{}, error) {
	if err := has(s.o.Events != nil, "events"); err != nil {
		return nil, err
	}
	for _, w := range s.o.Events.Windows() {
		if w.ID == in.ID && s.seesWindow(scopeOf(ctx), &w) {
			return nil, eventProblem(s.o.Events.RemoveWindow(ctx, in.ID, author(ctx)))
		}
	}
	return nil, ErrNotFound
}
