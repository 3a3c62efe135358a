package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/problem"
	"rione/devices"
	credential "rione/devices/access"
	"rione/geo"
)

// Claims are the codes by which installers register devices.
type Claims interface {
	Create(ctx context.Context, author string, wanted credential.Claim) (code string, made credential.Claim, err error)
	Revoke(ctx context.Context, author, id string) (credential.Claim, error)
	List() []credential.Claim
	Check(code string, from netip.Addr) (credential.Claim, error)
	Use(ctx context.Context, code string, from netip.Addr, in credential.Installation) (*devices.Device, error)
}

// ClaimCode is what is kept of a code: everything but its text.
type ClaimCode credential.Claim

// NewClaimCode is a code with its text, shown this once.
type NewClaimCode struct {
	ClaimCode
	Code string `json:"code"`
}

// ClaimCodeList is every code, without its text.
type ClaimCodeList struct {
	Codes []ClaimCode `json:"codes"`
}

type createClaimInput struct {
	Body struct {
		Name    string    `json:"name" maxLength:"100" doc:"Who or what it is for."`
		Comune  string    `json:"comune" pattern:"^[0-9]{6}$" doc:"ISTAT code"`
		Kind    string    `json:"kind" maxLength:"20"`
		Model   string    `json:"model,omitempty" maxLength:"100" doc:"Given to the devices."`
		Group   string    `json:"group,omitempty" maxLength:"100" doc:"Given to the devices."`
		Approve bool      `json:"approve,omitempty" doc:"Approve its devices at once; else they wait for it."`
		Uses    int       `json:"uses,omitempty" default:"1" minimum:"1" maximum:"10000" doc:"How many devices it is for."`
		Expires time.Time `json:"expires,omitzero" required:"false" doc:"A year from now at most; three days from now when absent."`
	}
}

type claimInput struct {
	Body struct {
		Code     string   `json:"code" maxLength:"40"`
		DeviceID string   `json:"device_id,omitempty" maxLength:"64" doc:"Absent: only say what the code is for."`
		Serial   string   `json:"serial,omitempty" maxLength:"128" doc:"Under which a network knows it: devEUI, serial number."`
		Name     string   `json:"name,omitempty" maxLength:"200"`
		Lat      *float64 `json:"lat,omitempty" minimum:"-90" maximum:"90" doc:"Degrees, WGS 84."`
		Lon      *float64 `json:"lon,omitempty" minimum:"-180" maximum:"180" doc:"Degrees, WGS 84."`
	}
	from netip.Addr
}

// Resolve implements huma.Resolver: wrong codes are counted by address.
func (in *claimInput) Resolve(c huma.Context) []error {
	if peer, err := netip.ParseAddrPort(c.RemoteAddr()); err == nil {
		in.from = peer.Addr()
	}
	return nil
}

// Claimed says what a code is for, and what it did.
type Claimed struct {
	Comune     string       `json:"comune"`
	ComuneName string       `json:"comune_name"`
	Kind       devices.Kind `json:"kind"`
	Expires    time.Time    `json:"expires"`
	Left       int          `json:"left" doc:"Devices that may still be claimed."`
	DeviceID   string       `json:"device_id,omitempty" doc:"That was registered."`
	Zone       string       `json:"zone,omitempty" doc:"That it stands in."`
	Pending    bool         `json:"pending,omitempty" doc:"It waits for approval."`
}

func (s *Server) routeClaims() {
	op := func(id, method, path, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description,
			Tags: []string{"claims"}, Errors: []int{501}}
	}
	handle(s, op("list-claims", http.MethodGet, "/v1/claims", "Codes for installers, the newest first", ""), s.listClaims)
	handle(s, op("create-claim", http.MethodPost, "/v1/claims", "Make a code for installers; it is shown this once",
		"With the code, whoever stands before a device registers it on the page /claim."), s.createClaim)
	handle(s, op("revoke-claim", http.MethodDelete, "/v1/claims/{id}", "Revoke a code", ""), s.revokeClaim)
	handle(s, op("use-claim", http.MethodPost, "/v1/claim", "Register a device by a code, or see what the code is for",
		"The code is the credential; wrong ones are limited by address."), s.useClaim)
}

func (s *Server) listClaims(ctx context.Context, _ *none) (*body[ClaimCodeList], error) {
	if err := has(s.o.Claims != nil, "claim codes"); err != nil {
		return nil, err
	}
	out := ClaimCodeList{Codes: []ClaimCode{}}
	for _, c := range s.o.Claims.List() {
		if scopeOf(ctx).covers(c.Comune) {
			out.Codes = append(out.Codes, ClaimCode(c))
		}
	}
	return &body[ClaimCodeList]{Body: out}, nil
}

// claimLife is how long a code is good that says nothing.
const claimLife = 72 * time.Hour

func (s *Server) createClaim(ctx context.Context, in *createClaimInput) (*body[NewClaimCode], error) {
	if err := has(s.o.Claims != nil, "claim codes"); err != nil {
		return nil, err
	}
	b := &in.Body
	if !scopeOf(ctx).covers(b.Comune) {
		return nil, huma.Error403Forbidden("the token is not for comune " + problem.Short(b.Comune))
	}
	if b.Expires.IsZero() {
		b.Expires = s.o.Now().Add(claimLife)
	}
	code, made, err := s.o.Claims.Create(ctx, author(ctx), credential.Claim{
		Name: b.Name, Comune: b.Comune, Kind: devices.Kind(b.Kind), Model: b.Model, Group: b.Group, Approve: b.Approve, Uses: b.Uses, Expires: b.Expires,
	})
	if errors.Is(err, credential.ErrBadClaim) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	return &body[NewClaimCode]{Body: NewClaimCode{ClaimCode: ClaimCode(made), Code: code}}, err
}

func (s *Server) revokeClaim(ctx context.Context, in *DevicePath) (*body[ClaimCode], error) {
	if err := has(s.o.Claims != nil, "claim codes"); err != nil {
		return nil, err
	}
	for _, c := range s.o.Claims.List() {
		if c.ID == in.ID && !scopeOf(ctx).covers(c.Comune) {
			return nil, ErrNotFound
		}
	}
	c, err := s.o.Claims.Revoke(ctx, author(ctx), in.ID)
	if errors.Is(err, credential.ErrNoClaim) {
		return nil, ErrNotFound
	}
	return &body[ClaimCode]{Body: ClaimCode(c)}, err
}

func (s *Server) useClaim(ctx context.Context, in *claimInput) (*body[Claimed], error) {
	if err := has(s.o.Claims != nil, "claim codes"); err != nil {
		return nil, err
	}
	b := &in.Body
	if (b.Lat == nil) != (b.Lon == nil) {
		return nil, huma.Error422UnprocessableEntity("give lat and lon, or neither")
	}
	claim, err := s.o.Claims.Check(b.Code, in.from)
	if err != nil {
		return nil, claimProblem(err)
	}
	out := Claimed{Comune: claim.Comune, ComuneName: comuneName(claim.Comune), Kind: claim.Kind, Expires: claim.Expires, Left: claim.Uses - claim.Used}
	if b.DeviceID == "" {
		return &body[Claimed]{Body: out}, nil
	}
	wanted := credential.Installation{DeviceID: b.DeviceID, Serial: b.Serial, Name: b.Name}
	if b.Lat != nil {
		wanted.At = &geo.Point{Lat: *b.Lat, Lon: *b.Lon}
	}
	d, err := s.o.Claims.Use(ctx, b.Code, in.from, wanted)
	if err != nil {
		return nil, claimProblem(err)
	}
	out.DeviceID, out.Zone, out.Pending, out.Left = d.ID, d.Current().Zone, d.Pending, out.Left-1
	return &body[Claimed]{Body: out}, nil
}

func claimProblem(err error) error {
	switch {
	case errors.Is(err, credential.ErrThrottled):
		return huma.ErrorWithHeaders(huma.Error429TooManyRequests(err.Error()), http.Header{"Retry-After": {"60"}})
	case errors.Is(err, credential.ErrNoClaim):
		return huma.Error403Forbidden(err.Error())
	case errors.Is(err, credential.ErrBadClaim):
		return huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, credential.ErrClaimChanged):
		return huma.Error409Conflict(err.Error())
	}
	return err
}
