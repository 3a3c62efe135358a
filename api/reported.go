package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
	"rione/devices/reported"
	"rione/geo"
)

const applyPositionPattern = "POST /v1/devices/{id}/apply-position"

// Reported knows where devices say that they are.
type Reported interface {
	Of(device string) (reported.Position, bool)
}

var _ Reported = (*reported.Positions)(nil)

// ReportedPosition is where a device said that it is.
type ReportedPosition struct {
	Position  geo.Point `json:"position" doc:"Degrees, WGS 84."`
	Time      time.Time `json:"time" doc:"When that was received."`
	DistanceM *float64  `json:"distance_m,omitempty" doc:"From where it is registered, metres; none when it has no position of its own there."`
}

// ReportedFilter chooses devices by what they say of their place.
type ReportedFilter struct {
	Away float64 `query:"reported_away" minimum:"0" maximum:"20100000" doc:"Those that say they are as many metres or more from where they are registered, or that have no position of their own there; 0 is any."`
}

// away returns the test of a device that the filter wants, nil for any device.
func (f *ReportedFilter) away(s *Server) func(*devices.Device) bool {
	if f.Away == 0 {
		return nil
	}
	return func(d *devices.Device) bool {
		r := s.reportedOf(d)
		return r != nil && (r.DistanceM == nil || *r.DistanceM >= f.Away)
	}
}

// reportedOf returns what may be told of where a device says that it is, nil for
// nothing.
func (s *Server) reportedOf(d *devices.Device) *ReportedPosition {
	if s.o.Reported == nil || d.Premises || d.Moving {
		return nil
	}
	said, ok := s.o.Reported.Of(d.ID)
	if !ok {
		return nil
	}
	out := &ReportedPosition{Position: said.Point, Time: said.Time}
	if at := d.Current(); !at.Uncertain {
		metres := geo.Haversine(at.Point, said.Point)
		out.DistanceM = &metres
	}
	return out
}

type applyPositionInput struct {
	MatchedPath
	Body struct {
		Time      time.Time `json:"time,omitzero" required:"false" doc:"Of the report that was seen: another one since then is refused."`
		ValidFrom time.Time `json:"valid_from,omitzero" required:"false" doc:"Since when it stands there; 1970-01-01T00:00:00Z is since ever."`
		Force     bool      `json:"force,omitempty" doc:"Take a position that does not look right."`
		Note      string    `json:"note,omitempty" maxLength:"1000" doc:"Why, for people."`
	}
}

func (s *Server) routeReported(tags []string) {
	handle(s, huma.Operation{OperationID: "apply-position", Method: http.MethodPost, Path: "/v1/devices/{id}/apply-position", Tags: tags,
		Summary:     "Place a device where it says that it is",
		Description: "As a move to that position, which is checked as any other. The device keeps its comune. Of a device in a home nothing is known here: move it.",
		Errors:      []int{409, 412, 428, 501}}, s.applyPosition)
}

func (s *Server) applyPosition(ctx context.Context, in *applyPositionInput) (*taggedDevice, error) {
	b := &in.Body
	note := "as the device reported"
	if b.Note != "" {
		note += ": " + b.Note
	}
	return s.taggedChange(ctx, &in.MatchedPath, note, func(d *devices.Device) error {
		if err := inService(d); err != nil {
			return err
		}
		said := s.reportedOf(d)
		if said == nil {
			return huma.Error409Conflict("the device has not said where it is; move it to where it stands")
		}
		if !b.Time.IsZero() && !b.Time.Equal(said.Time) {
			return huma.Error409Conflict("the device has said something else since; look again")
		}
		at, err := s.placement(&Where{Lat: &said.Position.Lat, Lon: &said.Position.Lon, ValidFrom: b.ValidFrom, Force: b.Force}, d.Current().Comune)
		if err == nil {
			d.Placements = d.Placed(at, s.o.Now().UTC())
		}
		return err
	})
}
