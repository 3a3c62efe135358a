package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
	"rione/geo"
)

// DeviceView is a device as the API shows it: without its secret and without
// its external identity, which is often a hardware address.
type DeviceView struct {
	DeviceID   string        `json:"device_id"`
	Kind       devices.Kind  `json:"kind"`
	Name       string        `json:"name,omitempty"`
	Comune     string        `json:"comune" doc:"ISTAT code"`
	ComuneName string        `json:"comune_name"`
	Zone       string        `json:"zone,omitempty" doc:"municipio or quartiere"`
	Position   *geo.Point    `json:"position,omitempty" doc:"Degrees, WGS 84. A point that stands for the comune when premises or uncertain."`
	DistanceM  *float64      `json:"distance_m,omitempty" doc:"From the point that was asked about, metres; with nearest only."`
	Uncertain  bool          `json:"uncertain,omitempty" doc:"No position was given; it is the comune's."`
	Premises   bool          `json:"premises,omitempty" doc:"Stands in a home: shown at the point of its comune."`
	IntervalS  float64       `json:"interval_s,omitempty" doc:"Expected time between two readings, seconds."`
	Format     string        `json:"format,omitempty"`
	Model      string        `json:"model,omitempty"`
	Group      string        `json:"group,omitempty" doc:"That operators made, such as a lot or a contract."`
	Via        string        `json:"via,omitempty" doc:"Gateway that speaks for it."`
	Pending    bool          `json:"pending,omitempty" doc:"Enrolled by itself; what it says waits in quarantine until it is approved."`
	Retired    bool          `json:"retired,omitempty"`
	Moving     bool          `json:"moving,omitempty" doc:"Has no fixed place: each reading says where it was taken."`
	State      State         `json:"state" enum:"online,late,silent,waiting"`
	Seen       *time.Time    `json:"seen,omitempty" doc:"Device time of the newest reading."`
	Revision   uint64        `json:"revision" doc:"For If-Match."`
	Updated    time.Time     `json:"updated"`
	Placements []PlacementAt `json:"placements,omitempty" doc:"Where it stood, oldest first; of a single device only."`

	Reported *ReportedPosition `json:"reported,omitempty" doc:"Where the device itself said last that it is; of a report from before a restart, the one that was 50 m or more from the one before. It places nothing until an operator applies it. Never of a device in a home."`

	Calibrations []devices.Calibration `json:"calibrations,omitempty" doc:"Corrections of what it measures, oldest first; of a single device only."`
	Invalid      []devices.Invalid     `json:"invalid,omitempty" doc:"Periods whose values are set aside; of a single device only."`
}

// PlacementAt is where a device stood from a time on.
type PlacementAt struct {
	ValidFrom *time.Time `json:"valid_from,omitempty" doc:"None: since ever."`
	Comune    string     `json:"comune"`
	Zone      string     `json:"zone,omitempty"`
	Position  *geo.Point `json:"position,omitempty"`
}

// DevicePage is one page of devices.
type DevicePage struct {
	Devices []DeviceView `json:"devices"`
	Matched int          `json:"matched" doc:"Devices that the filter chooses, on all pages."`
	Next    string       `json:"next,omitempty" doc:"Cursor of the following page."`
}

type listDevicesInput struct {
	DeviceFilter
	State string `query:"state" enum:"online,late,silent,waiting" doc:"How recently it was heard of."`
	ReportedFilter
	Pending bool `query:"pending" doc:"Those that enrolled by themselves and wait for approval, instead of the approved ones."`
	Retired bool `query:"retired" doc:"Those out of service, instead of the approved ones."`
	DeviceOrder
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"10000"`
	Cursor string `query:"cursor" maxLength:"2000" doc:"What the page before gave as next."`
}

// DeviceOrder is how pages of devices are sorted.
type DeviceOrder struct {
	Sort string `query:"sort" enum:"device_id,-device_id,name,-name,comune_name,-comune_name,kind,-kind,seen,-seen" doc:"- turns it round; by device_id without it, and where the rest is equal. Not with nearest, which sorts by distance."`
}

// DevicePath names a device. Like everything that is embedded in an input, it is
// exported: huma does not look into what is not.
type DevicePath struct {
	ID string `path:"id" maxLength:"64" doc:"device_id"`
}

type body[T any] struct{ Body T }

type taggedDevice struct {
	ETag string `header:"ETag"`
	Body DeviceView
}

func (s *Server) routeDevices() {
	tags := []string{"devices"}
	handle(s, huma.Operation{OperationID: "list-devices", Method: http.MethodGet, Path: "/v1/devices", Tags: tags,
		Summary: "Devices, by id"}, s.listDevices)
	handle(s, huma.Operation{OperationID: "get-device", Method: http.MethodGet, Path: "/v1/devices/{id}", Tags: tags,
		Summary: "One device with its placements"}, s.getDevice)
	handle(s, huma.Operation{OperationID: "change-device", Method: http.MethodPatch, Path: "/v1/devices/{id}", Tags: tags,
		Summary: "Change a device", Errors: []int{409, 412, 428}}, s.patchDevice)
	handle(s, huma.Operation{OperationID: "retire-device", Method: http.MethodDelete, Path: "/v1/devices/{id}", Tags: tags,
		Summary: "Retire a device", Description: "Its messages go to quarantine from now on; its history stays.",
		Errors: []int{409, 412, 428}}, s.retireDevice)
	s.routeImport(tags)
	s.routeDeviceExport(tags)
	s.routeReported(tags)
	s.routeInstall(tags)
	s.routeHistory(tags)
}

func (s *Server) listDevices(ctx context.Context, in *listDevicesInput) (*body[DevicePage], error) {
	choose, err := in.chooser(s.place, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	switch {
	case in.Retired && in.Pending:
		return nil, badQuery("retired", "ask for retired devices or for pending ones")
	case in.Retired:
		choose.state = devices.Retired
	case in.Pending:
		choose.state = devices.Pending
	}
	choose.away = in.away(s)
	page, err := s.pageOf(choose, in.State, paging{in.Sort, in.Cursor, in.Limit})
	if err != nil {
		return nil, err
	}
	out := DevicePage{Devices: make([]DeviceView, len(page.devices)), Matched: page.matched, Next: page.next}
	now := s.o.Now()
	for i, d := range page.devices {
		out.Devices[i] = s.deviceView(d, now)
		if page.metres != nil {
			out.Devices[i].DistanceM = &page.metres[i]
		}
	}
	return &body[DevicePage]{Body: out}, nil
}

// hasState reports whether a device is in a state; "" is any.
func (s *Server) hasState(d *devices.Device, state string, now time.Time) bool {
	return state == "" || stateOf(d, s.o.Latest.Seen(d.ID), now) == State(state)
}

func (s *Server) getDevice(ctx context.Context, in *DevicePath) (*taggedDevice, error) {
	d, err := s.deviceOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.tagged(d), nil
}

func (s *Server) tagged(d *devices.Device) *taggedDevice {
	view := s.deviceView(d, s.o.Now())
	for i := range d.Placements {
		view.Placements = append(view.Placements, placementAt(d, &d.Placements[i]))
	}
	view.Calibrations, view.Invalid = d.Calibrations, d.Invalid
	return &taggedDevice{ETag: strconv.Quote(strconv.FormatUint(d.Revision, 10)), Body: view}
}

func (s *Server) deviceView(d *devices.Device, now time.Time) DeviceView {
	at, seen := d.Current(), s.o.Latest.Seen(d.ID)
	view := DeviceView{
		DeviceID: d.ID, Kind: d.Kind, Name: d.Name, Comune: at.Comune, ComuneName: comuneName(at.Comune), Zone: at.Zone,
		Uncertain: at.Uncertain, Premises: d.Premises, IntervalS: d.Interval.Seconds(), Format: d.Format,
		Model: d.Model, Group: d.Group, Via: d.Via, Pending: d.Pending, Retired: d.Retired, Moving: d.Moving,
		State: stateOf(d, seen, now), Revision: d.Revision, Updated: d.Updated,
	}
	if p, ok := s.place(d); ok {
		view.Position = &p
	}
	if !seen.IsZero() {
		view.Seen = &seen
	}
	view.Reported = s.reportedOf(d)
	return view
}

func placementAt(d *devices.Device, p *devices.Placement) PlacementAt {
	out := PlacementAt{Comune: p.Comune, Zone: p.Zone}
	if !p.ValidFrom.IsZero() {
		out.ValidFrom = &p.ValidFrom
	}
	if !d.Premises {
		out.Position = &p.Point
	}
	return out
}

// MatchedPath names a device at a revision.
type MatchedPath struct {
	DevicePath
	IfMatch string `header:"If-Match" maxLength:"40" doc:"The ETag that was read, or * for any."`
}

type patchInput struct {
	MatchedPath
	Body struct {
		Name      *string  `json:"name,omitempty" maxLength:"200"`
		IntervalS *float64 `json:"interval_s,omitempty" minimum:"0" doc:"Expected time between two readings, seconds."`
		Format    *string  `json:"format,omitempty" maxLength:"32"`
		Model     *string  `json:"model,omitempty" maxLength:"100"`
		Group     *string  `json:"group,omitempty" maxLength:"100" doc:"Empty takes it out of its group."`
		Via       *string  `json:"via,omitempty" maxLength:"64" doc:"Gateway that speaks for it; empty: none is named."`
		Speaks    *string  `json:"speaks,omitempty" maxLength:"13000" doc:"Of a gateway: beginnings of the ids and external identities that it speaks for, separated by spaces; empty takes the grant back. An export shows what it has."`
		Premises  *bool    `json:"premises,omitempty" doc:"Stands in a home."`
		Moving    *bool    `json:"moving,omitempty" doc:"Has no fixed place."`
		Retired   *bool    `json:"retired,omitempty" doc:"false brings a retired device back."`
		Note      string   `json:"note,omitempty" maxLength:"1000" doc:"Why, for people."`
	}
}

func (s *Server) patchDevice(ctx context.Context, in *patchInput) (*taggedDevice, error) {
	return s.taggedChange(ctx, &in.MatchedPath, in.Body.Note, func(d *devices.Device) error {
		b := &in.Body
		if b.IntervalS != nil {
			d.Interval = time.Duration(*b.IntervalS * float64(time.Second))
		}
		setIfGiven(&d.Name, b.Name)
		setIfGiven(&d.Format, b.Format)
		setIfGiven(&d.Model, b.Model)
		setIfGiven(&d.Group, b.Group)
		setIfGiven(&d.Via, b.Via)
		setIfGiven(&d.Premises, b.Premises)
		setIfGiven(&d.Moving, b.Moving)
		setIfGiven(&d.Retired, b.Retired)
		if b.Speaks != nil {
			d.Speaks = strings.Fields(devices.NormalExternalID(*b.Speaks))
		}
		return nil
	})
}

func setIfGiven[T any](field, given *T) {
	if given != nil {
		*field = *given
	}
}

func (s *Server) retireDevice(ctx context.Context, in *MatchedPath) (*taggedDevice, error) {
	return s.taggedChange(ctx, in, "retired", func(d *devices.Device) error { d.Retired = true; return nil })
}

func (s *Server) taggedChange(ctx context.Context, in *MatchedPath, note string, edit func(*devices.Device) error) (*taggedDevice, error) {
	d, err := s.change(ctx, in, note, edit)
	if err != nil {
		return nil, err
	}
	return s.tagged(d), nil
}

// attempts bounds how often a change is tried again because the registry
// changed elsewhere meanwhile: revisions are of the whole registry.
const attempts = 3

// change applies edit to the device if it is still at the revision that the
// client read, and returns it as it is then.
func (s *Server) change(ctx context.Context, in *MatchedPath, note string, edit func(*devices.Device) error) (*devices.Device, error) {
	if in.IfMatch == "" {
		return nil, huma.NewError(http.StatusPreconditionRequired, "send If-Match with the ETag of the device as you read it")
	}
	return s.put(ctx, note, in.ID, func(snapshot *devices.Snapshot) (entry devices.Device, err error) {
		d := snapshot.Device(in.ID)
		if !scopeOf(ctx).sees(d) {
			return entry, ErrNotFound
		}
		if !matches(in.IfMatch, d.Revision) {
			return entry, huma.Error412PreconditionFailed("the device changed since you read it; read it again")
		}
		entry = *d
		entry.Placements = slices.Clone(d.Placements)
		return entry, edit(&entry)
	})
}

// put stores what plan makes of the registry as it is, and plans again when
// somebody changed it in between.
func (s *Server) put(ctx context.Context, note, id string, plan func(*devices.Snapshot) (devices.Device, error)) (*devices.Device, error) {
	var err error
	for range attempts {
		snapshot := s.o.Registry.Snapshot()
		entry, planErr := plan(snapshot)
		if planErr != nil {
			return nil, planErr
		}
		if err := entry.Validate(); err != nil {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
		set := devices.ChangeSet{Author: author(ctx), Note: note, Expect: snapshot.Revision, Put: []devices.Device{entry}}
		if err := scopeOf(ctx).mayApply(snapshot, &set); err != nil {
			return nil, err
		}
		after, applyErr := s.o.Registry.Apply(ctx, set)
		if applyErr == nil {
			return after.Device(id), nil
		}
		if err = applyErr; s.o.Registry.Snapshot().Revision == snapshot.Revision {
			return nil, scopeOf(ctx).discreet(snapshot, err)
		}
	}
	s.log.Warn("a device could not be changed", "device", id, "error", err)
	return nil, huma.Error409Conflict("the registry changes too quickly; try again")
}

func matches(ifMatch string, revision uint64) bool {
	for tag := range strings.SplitSeq(ifMatch, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || tag == strconv.Quote(strconv.FormatUint(revision, 10)) {
			return true
		}
	}
	return false
}
