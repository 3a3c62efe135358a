package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices/event"
)

// Events are what operators are told, and the maintenance windows in which
// nothing is. Errors are those of the package event.
type Events interface {
	Get(id string) (event.Event, error)
	// List returns the chosen events.
	List(f event.Filter) []event.Event
	// Acknowledge notes that who has taken an event on.
	Acknowledge(ctx context.Context, id, who, note string) (event.Event, error)
	// Close ends an alarm by hand.
	Close(ctx context.Context, id, who, note string) (event.Event, error)

	Windows() []event.Window
	AddWindow(ctx context.Context, w event.Window) (event.Window, error)
	RemoveWindow(ctx context.Context, id, who string) error
}

// Event is one cause, with the devices that it concerns.
type Event event.Event

// EventPage is one page of events.
type EventPage struct {
	Events []Event `json:"events"`
	Next   string  `json:"next,omitempty" doc:"Cursor of the following page."`
}

type eventsInput struct {
	State    string `query:"state" enum:"open,acknowledged,closed" doc:"open has acknowledged ones too."`
	New      bool   `query:"new" doc:"Only those that nobody has acknowledged."`
	Type     string `query:"type" maxLength:"64" doc:"silent, disconnected, gateway_down, comune_wide, own_fault, or an alarm's own."`
	Comune   string `query:"comune" maxLength:"6" doc:"ISTAT code." example:"058091"`
	Device   string `query:"device" maxLength:"64" doc:"That it is about, or that it concerns."`
	Severity int    `query:"severity" minimum:"0" maximum:"5" doc:"At least."`
	Since    string `query:"since" format:"date-time" maxLength:"40" doc:"Changed since, RFC 3339."`
	Sort     string `query:"sort" enum:"raised,-raised,changed,-changed,severity,-severity,type,-type,comune,-comune,device,-device,count,-count" default:"-raised" doc:"- turns it round."`
	Limit    int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	Cursor   string `query:"cursor" maxLength:"2000" doc:"What the page before gave as next."`
}

// EventPath names an event or a window.
type EventPath struct {
	ID string `path:"id" maxLength:"200"`
}

type acknowledgeInput struct {
	EventPath
	Body struct {
		Note  string `json:"note,omitempty" maxLength:"500" doc:"What is done about it."`
		Close bool   `json:"close,omitempty" doc:"End an alarm; what concerns presence ends by itself."`
	}
}

func (s *Server) routeEvents() {
	op := func(id, method, path, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description,
			Tags: []string{"events"}, Errors: []int{409, 501}}
	}
	handle(s, op("list-events", "GET", "/v1/events", "Events",
		"Of lists, devices names the first ten; GET /v1/events/{id} names them all."), s.listEvents)
	handle(s, op("get-event", "GET", "/v1/events/{id}", "One event with its devices", ""), s.getEvent)
	handle(s, op("acknowledge-event", "POST", "/v1/events/{id}/acknowledge", "Take an event on, or close an alarm", ""), s.acknowledge)
	handle(s, op("list-maintenance", "GET", "/v1/maintenance", "Maintenance windows, the first to begin first", ""), s.listWindows)
	handle(s, op("add-maintenance", "POST", "/v1/maintenance", "Add a maintenance window",
		"What it covers is not judged meanwhile. A window for a gateway covers what the gateway carries."), s.addWindow)
	handle(s, op("remove-maintenance", "DELETE", "/v1/maintenance/{id}", "End or take back a maintenance window", ""), s.removeWindow)
}

// listedDevices is how many devices of an event a list names.
const listedDevices = 10

func (s *Server) listEvents(ctx context.Context, in *eventsInput) (*body[EventPage], error) {
	if err := has(s.o.Events != nil, "events"); err != nil {
		return nil, err
	}
	since, err := parseTime("since", in.Since)
	if err != nil {
		return nil, err
	}
	f := event.Filter{
		State: event.State(in.State), New: in.New, Type: event.Type(in.Type), Comune: in.Comune, Comuni: scopeOf(ctx).comuni,
		Device: in.Device, Severity: event.Severity(in.Severity), Since: since,
	}
	list, next, err := sortedPage(s.o.Events.List(f), paging{in.Sort, in.Cursor, in.Limit}, keyOfEvent)
	if err != nil {
		return nil, err
	}
	page := EventPage{Events: []Event{}, Next: next}
	for _, e := range list {
		e.Devices = e.Devices[:min(len(e.Devices), listedDevices)]
		page.Events = append(page.Events, Event(e))
	}
	return &body[EventPage]{Body: page}, nil
}

func keyOfEvent(e event.Event, member string) sortKey {
	k := sortKey{id: e.ID}
	switch member {
	case "raised":
		k.value = timeKey(e.Raised)
	case "changed":
		k.value = timeKey(e.Changed)
	case "severity":
		k.value = countKey(int(e.Severity))
	case "type":
		k.value = string(e.Type)
	case "comune":
		k.value = e.Comune
	case "device":
		k.value = e.Device
	case "count":
		k.value = countKey(e.Count)
	}
	return k
}

// eventOf returns the event of that id, ErrNotFound when there is none in the
// request's scope.
func (s *Server) eventOf(ctx context.Context, id string) (event.Event, error) {
	if err := has(s.o.Events != nil, "events"); err != nil {
		return event.Event{}, err
	}
	e, err := s.o.Events.Get(id)
	if err != nil || !scopeOf(ctx).covers(e.Comune) {
		return e, ErrNotFound
	}
	return e, nil
}

func (s *Server) getEvent(ctx context.Context, in *EventPath) (*body[Event], error) {
	e, err := s.eventOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[Event]{Body: Event(e)}, nil
}

func (s *Server) acknowledge(ctx context.Context, in *acknowledgeInput) (*body[Event], error) {
	if _, err := s.eventOf(ctx, in.ID); err != nil {
		return nil, err
	}
	do := s.o.Events.Acknowledge
	if in.Body.Close {
		do = s.o.Events.Close
	}
	e, err := do(ctx, in.ID, author(ctx), in.Body.Note)
	if err != nil {
		return nil, eventProblem(err)
	}
	return &body[Event]{Body: Event(e)}, nil
}

// eventProblem turns errors of the package event into answers.
func eventProblem(err error) error {
	switch {
	case errors.Is(err, event.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, event.ErrEnded), errors.Is(err, event.ErrNotYours):
		return huma.NewError(http.StatusConflict, err.Error())
	case errors.Is(err, event.ErrBadWindow), errors.Is(err, event.ErrBadNote):
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return err
}
