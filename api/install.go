package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/problem"
	"rione/devices"
	"rione/geo"
)

// Where says where a device stands from a time on.
type Where struct {
	Comune    string    `json:"comune,omitempty" pattern:"^[0-9]{6}$" doc:"ISTAT code; of a device that is registered already its own when absent."`
	Zone      string    `json:"zone,omitempty" maxLength:"64" doc:"Municipio or quartiere; looked up when absent."`
	Lat       *float64  `json:"lat,omitempty" minimum:"-90" maximum:"90" doc:"Degrees, WGS 84."`
	Lon       *float64  `json:"lon,omitempty" minimum:"-180" maximum:"180" doc:"Degrees, WGS 84."`
	ValidFrom time.Time `json:"valid_from,omitzero" required:"false" doc:"Since when; 1970-01-01T00:00:00Z is since ever."`
	Force     bool      `json:"force,omitempty" doc:"Take a position that does not look right."`
}

type registerInput struct {
	Body struct {
		Where
		DeviceID   string  `json:"device_id" maxLength:"64" doc:"3 to 64 lower-case letters, digits and hyphens."`
		Kind       string  `json:"kind" maxLength:"20"`
		Name       string  `json:"name,omitempty" maxLength:"200"`
		IntervalS  float64 `json:"interval_s,omitempty" minimum:"0" doc:"Expected time between two readings, seconds."`
		Format     string  `json:"format,omitempty" maxLength:"32"`
		ExternalID string  `json:"external_id,omitempty" maxLength:"128" doc:"Under which a network knows it: devEUI, serial number."`
		Model      string  `json:"model,omitempty" maxLength:"100"`
		Group      string  `json:"group,omitempty" maxLength:"100"`
		Via        string  `json:"via,omitempty" maxLength:"64" doc:"Gateway that speaks for it."`
		Premises   bool    `json:"premises,omitempty" doc:"Stands in a home."`
		Moving     bool    `json:"moving,omitempty" doc:"Has no fixed place."`
		Secret     bool    `json:"secret,omitempty" doc:"Draw a secret, which the answer shows this once."`
		Note       string  `json:"note,omitempty" maxLength:"1000" doc:"Why, for people."`
	}
}

type moveInput struct {
	MatchedPath
	Body struct {
		Where
		Note string `json:"note,omitempty" maxLength:"1000" doc:"Why, for people."`
	}
}

type replaceInput struct {
	MatchedPath
	Body struct {
		ExternalID string `json:"external_id,omitempty" maxLength:"128" doc:"Of the new hardware; none when absent."`
		Model      string `json:"model,omitempty" maxLength:"100" doc:"Of the new hardware; that of the old one when absent."`
		Secret     bool   `json:"secret,omitempty" doc:"Draw a secret, which the answer shows this once."`
		Note       string `json:"note,omitempty" maxLength:"1000" doc:"Why, for people."`
	}
}

// InstalledDevice is a device as it was registered or replaced.
type InstalledDevice struct {
	DeviceView
	Secret string `json:"secret,omitempty" doc:"Shown this once, when one was asked for."`
}

type taggedInstallation struct {
	ETag string `header:"ETag"`
	Body InstalledDevice
}

func (s *Server) routeInstall(tags []string) {
	handle(s, huma.Operation{OperationID: "register-device", Method: http.MethodPost, Path: "/v1/devices", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Register a device", Description: "An id or external identity that is another device's is refused. Without a position it stands for its comune.",
		Errors: []int{409, 501}}, s.registerDevice)
	handle(s, huma.Operation{OperationID: "move-device", Method: http.MethodPost, Path: "/v1/devices/{id}/move", Tags: tags,
		Summary: "Say where a device stands from a time on",
		Description: "At the spot where it stood then anyway (10 m) this corrects that placement, else it is a move, and the placements before stay. " +
			"Readings that were stored with another placement keep it until they are replayed.",
		Errors: []int{409, 412, 428, 501}}, s.moveDevice)
	handle(s, huma.Operation{OperationID: "replace-device", Method: http.MethodPost, Path: "/v1/devices/{id}/replace", Tags: tags,
		Summary: "Put new hardware in a device's place", Description: "The device keeps its id, place and history. Secrets and certificates of the old hardware are void at once.",
		Errors: []int{409, 412, 428}}, s.replaceDevice)
}

// placement checks a position as every registration does. own is the comune
// that holds where none is given.
func (s *Server) placement(w *Where, own string) (devices.Placement, error) {
	if err := has(s.o.Gazetteer != nil, "gazetteer to check positions with"); err != nil {
		return devices.Placement{}, err
	}
	if (w.Lat == nil) != (w.Lon == nil) {
		return devices.Placement{}, huma.Error422UnprocessableEntity("give lat and lon, or neither")
	}
	if w.Comune != "" {
		own = w.Comune
	}
	gazetteer, at := s.o.Gazetteer, (*geo.Point)(nil)
	if w.Force {
		gazetteer = devices.Unchecked(gazetteer)
	}
	if w.Lat != nil {
		at = &geo.Point{Lat: *w.Lat, Lon: *w.Lon}
	}
	p, err := devices.Place(gazetteer, own, w.Zone, at, w.ValidFrom.UTC())
	if err != nil {
		return p, huma.Error422UnprocessableEntity(err.Error())
	}
	return p, nil
}

func (s *Server) registerDevice(ctx context.Context, in *registerInput) (*taggedInstallation, error) {
	b := &in.Body
	if !scopeOf(ctx).covers(b.Comune) {
		return nil, huma.Error403Forbidden("the token is not for comune " + problem.Short(b.Comune))
	}
	at, err := s.placement(&b.Where, "")
	if err != nil {
		return nil, err
	}
	d := devices.Device{
		ID: b.DeviceID, Kind: devices.Kind(b.Kind), Name: strings.TrimSpace(b.Name), Format: b.Format, ExternalID: devices.NormalExternalID(b.ExternalID),
		Interval: time.Duration(b.IntervalS * float64(time.Second)), Model: b.Model, Group: b.Group, Via: b.Via, Premises: b.Premises, Moving: b.Moving,
	}
	d.Placements = d.Placed(at, s.o.Now())
	secret, err := drawSecret(&d, b.Secret, s.o.Now())
	if err != nil {
		return nil, err
	}
	made, err := s.put(ctx, b.Note, d.ID, func(snapshot *devices.Snapshot) (devices.Device, error) {
		if snapshot.Device(d.ID) != nil {
			return d, huma.Error409Conflict("a device of the id " + problem.Short(d.ID) + " is registered already; choose another")
		}
		return d, nil
	})
	return s.installed(made, secret, err)
}

func (s *Server) moveDevice(ctx context.Context, in *moveInput) (*taggedDevice, error) {
	b := &in.Body
	if b.Lat == nil && b.Comune == "" {
		return nil, huma.Error422UnprocessableEntity("say where it stands now: lat and lon, or at least the comune")
	}
	return s.taggedChange(ctx, &in.MatchedPath, b.Note, func(d *devices.Device) error {
		at, err := s.placement(&b.Where, d.Current().Comune)
		if err == nil {
			err = inService(d)
		}
		if err == nil {
			d.Placements = d.Placed(at, s.o.Now().UTC())
		}
		return err
	})
}

func (s *Server) replaceDevice(ctx context.Context, in *replaceInput) (*taggedInstallation, error) {
	b, secret := &in.Body, ""
	note := strings.TrimSuffix("hardware replaced: "+b.Note, ": ")
	made, err := s.change(ctx, &in.MatchedPath, note, func(d *devices.Device) (err error) {
		if err := inService(d); err != nil {
			return err
		}
		now := s.o.Now()
		if d.SecretHash != "" {
			err = d.Revoke(now)
		}
		d.CertsFrom = now.UTC()
		if err == nil {
			secret, err = drawSecret(d, b.Secret, now)
		}
		if d.ExternalID = devices.NormalExternalID(b.ExternalID); b.Model != "" {
			d.Model = b.Model
		}
		return err
	})
	return s.installed(made, secret, err)
}

// inService refuses a change of a device that is retired.
func inService(d *devices.Device) error {
	if d.Retired {
		return huma.Error409Conflict("the device is retired; an operator brings it back (`rione devices change " + d.ID + " --retired=false`)")
	}
	return nil
}

// drawSecret gives d a secret when one is wanted, and returns it.
func drawSecret(d *devices.Device, wanted bool, now time.Time) (secret string, err error) {
	if !wanted {
		return "", nil
	}
	return d.Rotate(now, 0)
}

func (s *Server) installed(d *devices.Device, secret string, err error) (*taggedInstallation, error) {
	if err != nil {
		return nil, err
	}
	view := s.tagged(d)
	return &taggedInstallation{ETag: view.ETag, Body: InstalledDevice{DeviceView: view.Body, Secret: secret}}, nil
}
