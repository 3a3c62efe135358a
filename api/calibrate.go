package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
	"rione/ingest/schema"
)

// Correction is what a calibration or an invalid period changed, and what
// becomes of the values that are stored already.
type Correction struct {
	Device DeviceView  `json:"device"`
	Replay *ReplayView `json:"replay,omitempty" doc:"The restatement that was begun, of what is stored already."`
	Todo   string      `json:"todo,omitempty" doc:"What is to be done where none could be begun: stored values are as they were until then."`
}

type calibrateInput struct {
	DevicePath
	Body struct {
		Field  string    `json:"field" maxLength:"130" doc:"Field, or measurement.field."`
		Gain   *float64  `json:"gain,omitempty" doc:"The value is multiplied by it, after its conversion to the canonical unit; 1 when left out."`
		Offset float64   `json:"offset,omitempty" doc:"Then this is added, in the canonical unit."`
		From   time.Time `json:"from" doc:"Device time from which on it holds, until the next one of the field."`
		Note   string    `json:"note,omitempty" maxLength:"1000" doc:"Why, such as a certificate."`
	}
}

func (s *Server) routeCorrections() {
	op := func(id, method, path, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description,
			Tags: []string{"devices"}, Errors: []int{409}}
	}
	const restated = "What is stored already is stated anew from the journal: `replay` is that restatement, or `todo` says what to do where none could be begun."
	handle(s, op("calibrate-device", http.MethodPost, "/v1/devices/{id}/calibrations", "Correct what a device measures, from a time on",
		"The value becomes value·gain + offset, before checks. Gain 1 and offset 0 end a correction. "+restated), s.calibrate)
	handle(s, op("invalidate-device", http.MethodPost, "/v1/devices/{id}/invalid", "Declare a period of a device invalid",
		"Its values go to the measurement suspect, with bit 256. "+restated), s.invalidate)
	handle(s, op("revalidate-device", http.MethodDelete, "/v1/devices/{id}/invalid", "Take an invalid period back", restated), s.revalidate)
}

func (s *Server) calibrate(ctx context.Context, in *calibrateInput) (*body[Correction], error) {
	b := &in.Body
	measurement, field, err := fieldNamed(b.Field, (*schema.Field).Correctable)
	if err != nil {
		return nil, err
	}
	gain := 1.0
	if b.Gain != nil {
		gain = *b.Gain
	}
	c := devices.Calibration{From: b.From.UTC(), Measurement: measurement, Field: field, Gain: gain, Offset: b.Offset, Who: author(ctx), Note: b.Note}
	note := fmt.Sprintf("calibrated %s from %s on: times %g plus %g; %s", b.Field, c.From.Format(time.RFC3339), c.Gain, c.Offset, b.Note)
	return s.correct(ctx, in.ID, clipped(note), span{since: c.From}, func(d *devices.Device) { d.Calibrations = d.Calibrated(c) })
}

// fieldNamed finds the field of that name, or of measurement.name, which is as
// wanted.
func fieldNamed(name string, wanted func(*schema.Field) bool) (measurement, field string, err error) {
	measurement, field, whole := strings.Cut(name, ".")
	if !whole {
		measurement, field = "", name
	}
	for _, m := range schema.All() {
		if f := m.Field(field); f != nil && wanted(f) && (!whole || m.Name == measurement) {
			return measurement, field, nil
		}
	}
	return "", "", huma.Error422UnprocessableEntity(fmt.Sprintf("%q is no field of numbers; say a field (pm25_ugm3) or measurement.field (air.temp_c), as /v1/schema lists them", name))
}

// clipped shortens a note to what the registry takes.
func clipped(note string) string {
	const most = 1000
	if len(note) > most {
		note = strings.ToValidUTF8(note[:most], "")
	}
	return strings.TrimSuffix(note, "; ")
}

// clocksAhead is how far ahead of now points may be that are stored.
const clocksAhead = 5 * time.Minute

// span is a stretch of time; until zero: without end.
type span struct{ since, until time.Time }

// correct changes the device's entry and states what is stored of the span anew.
func (s *Server) correct(ctx context.Context, id, note string, of span, edit func(*devices.Device)) (*body[Correction], error) {
	made, err := s.change(ctx, &MatchedPath{DevicePath: DevicePath{ID: id}, IfMatch: "*"}, note, func(d *devices.Device) error {
		edit(d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &body[Correction]{Body: Correction{Device: s.tagged(made).Body}}
	if of.since.Before(s.o.Now().Add(clocksAhead)) {
		out.Body.Replay, out.Body.Todo = s.restate(ctx, id, note, of)
	}
	return out, nil
}

// restate begins a restatement, or tells what keeps it from that and what the
// operator does then.
func (s *Server) restate(ctx context.Context, id, note string, of span) (*ReplayView, string) {
	command := "rione replay --restate --device " + id + " --since " + of.since.Format(time.RFC3339Nano)
	if !of.until.IsZero() {
		command += " --until " + of.until.Format(time.RFC3339Nano)
	}
	if s.o.Replays == nil {
		return nil, "what is stored stays as it is, since this server has no journal; where it is: " + command
	}
	v, err := s.o.Replays.Start(ctx, ReplayRequest{Since: of.since, Until: of.until, Devices: []string{id}, Restate: true, Note: note[:min(len(note), 500)]}, author(ctx))
	if err != nil {
		return nil, "what is stored stays as it is: " + err.Error() + "; then: " + command
	}
	return &v, ""
}
