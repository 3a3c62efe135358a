package api

import (
	"context"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
)

type invalidateInput struct {
	DevicePath
	Body struct {
		Since  time.Time `json:"since" doc:"Device time of the first value that is not to be believed."`
		Until  time.Time `json:"until" doc:"Device time of the first value that is to be believed again."`
		Fields []string  `json:"fields,omitempty" maxItems:"100" doc:"Field or measurement.field; none: all that it measures, but not what it tells of itself."`
		Why    string    `json:"why" minLength:"1" maxLength:"900"`
	}
}

type revalidateInput struct {
	DevicePath
	Since string `query:"since" required:"true" format:"date-time" maxLength:"40" doc:"Begin of the period, as GET /v1/devices/{id} shows it."`
}

func (s *Server) invalidate(ctx context.Context, in *invalidateInput) (*body[Correction], error) {
	b := &in.Body
	for _, name := range b.Fields {
		if _, _, err := fieldNamed(name, countable); err != nil {
			return nil, err
		}
	}
	p := devices.Invalid{From: b.Since.UTC(), Until: b.Until.UTC(), Fields: sortedFields(b.Fields), Who: author(ctx), When: s.o.Now().UTC().Truncate(time.Second), Why: b.Why}
	note := "invalid from " + p.From.Format(time.RFC3339) + " to " + p.Until.Format(time.RFC3339) + ": " + b.Why
	return s.correct(ctx, in.ID, clipped(note), span{p.From, p.Until}, func(d *devices.Device) { d.Invalid = d.Invalidated(p) })
}

func (s *Server) revalidate(ctx context.Context, in *revalidateInput) (*body[Correction], error) {
	since, err := parseTime("since", in.Since)
	if err != nil {
		return nil, err
	}
	d, err := s.deviceOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	_, undone := d.Revalidated(since)
	if len(undone) == 0 {
		return nil, huma.Error422UnprocessableEntity("no invalid period of the device begins then; `rione devices show " + in.ID + "` lists them")
	}
	of := span{since: since}
	for _, p := range undone {
		if p.Until.After(of.until) {
			of.until = p.Until
		}
	}
	note := "valid again from " + since.UTC().Format(time.RFC3339)
	return s.correct(ctx, in.ID, note, of, func(d *devices.Device) { d.Invalid, _ = d.Revalidated(since) })
}

// sortedFields are fields without repetitions.
func sortedFields(fields []string) []string {
	fields = slices.Clone(fields)
	slices.Sort(fields)
	return slices.Compact(fields)
}
