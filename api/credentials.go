package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
	credential "rione/devices/access"
)

// Issued are the tokens that administrators hand out.
type Issued interface {
	Check(text string) (credential.Token, error)
	Create(ctx context.Context, author string, wanted credential.Token) (text string, made credential.Token, err error)
	Revoke(ctx context.Context, author, idOrName string) (credential.Token, error)
	List() []credential.Token
}

// roleOf returns what a token's bearer may do here. Publishers and enrollers
// have no role in the API: their tokens are for the doors.
func roleOf(r credential.Role) Role {
	switch r {
	case credential.Reader:
		return Reader
	case credential.Installer:
		return Installer
	case credential.Operator:
		return Operator
	case credential.Administrator:
		return Administrator
	}
	return Public
}

// Approval says which devices were approved.
type Approval struct {
	Devices []string `json:"devices"`
}

type approveInput struct {
	Body struct {
		IDs     []string `json:"ids,omitempty" maxItems:"10000" doc:"These; each must be pending."`
		Prefix  string   `json:"prefix,omitempty" maxLength:"64" doc:"Whose id begins so."`
		Model   string   `json:"model,omitempty" maxLength:"100"`
		Gateway string   `json:"gateway,omitempty" maxLength:"64" doc:"That this gateway speaks for."`
		Comune  string   `json:"comune,omitempty" maxLength:"6"`
		Group   string   `json:"group,omitempty" maxLength:"100" doc:"Given to all of them."`
	}
}

// Rotation is a device's new secret, shown this once.
type Rotation struct {
	DeviceID string `json:"device_id"`
	Secret   string `json:"secret,omitempty" doc:"Shown this once; none after a revocation."`
}

type rotateInput struct {
	DevicePath
	Body struct {
		OverlapS float64 `json:"overlap_s,omitempty" minimum:"0" maximum:"2592000" doc:"How long the secret before stays good, seconds."`
		Revoke   bool    `json:"revoke,omitempty" doc:"Make every secret and certificate void and draw none that anybody knows."`
	}
}

// IssuedToken is what is kept of a token: everything but its text.
type IssuedToken credential.Token

// NewToken is a token with its text, shown this once.
type NewToken struct {
	IssuedToken
	Text string `json:"token"`
}

// TokenList is every token, without its text.
type TokenList struct {
	Tokens []IssuedToken `json:"tokens"`
}

type createTokenInput struct {
	Body struct {
		Name    string    `json:"name" maxLength:"100" doc:"Whose it is."`
		Role    string    `json:"role" enum:"reader,operator,installer,administrator,publisher,enroller"`
		Comuni  []string  `json:"comuni,omitempty" maxItems:"2000" doc:"ISTAT codes; none: all."`
		Formats []string  `json:"formats,omitempty" maxItems:"100" doc:"Of a publisher; none: all."`
		Expires time.Time `json:"expires,omitzero" required:"false" doc:"None: never."`
	}
}

func (s *Server) routeCredentials() {
	op := func(id, method, path, summary string, tag string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag}, Errors: []int{409, 501}}
	}
	handle(s, op("approve-devices", "POST", "/v1/devices/approve", "Approve pending devices, named or by a rule", "devices"), s.approve)
	handle(s, op("rotate-device", "POST", "/v1/devices/{id}/rotate", "Give a device a new secret, or revoke its credentials", "devices"), s.rotate)
	handle(s, op("list-tokens", "GET", "/v1/tokens", "Tokens, oldest first", "tokens"), s.listTokens)
	handle(s, op("create-token", "POST", "/v1/tokens", "Make a token; its text is shown this once", "tokens"), s.createToken)
	handle(s, op("revoke-token", "DELETE", "/v1/tokens/{id}", "Revoke a token, by id or name", "tokens"), s.revokeToken)
	s.routeAudit()
}

func (s *Server) approve(ctx context.Context, in *approveInput) (*body[Approval], error) {
	b := &in.Body
	rule := devices.Rule{IDs: b.IDs, Prefix: b.Prefix, Model: b.Model, Via: b.Gateway, Comune: b.Comune, Group: b.Group, Within: scopeOf(ctx).comuni}
	if _, err := devices.Approve(s.o.Registry.Snapshot(), rule); err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	ids, err := credential.Approve(ctx, s.o.Registry, author(ctx), rule)
	if err != nil {
		return nil, err
	}
	return &body[Approval]{Body: Approval{Devices: append([]string{}, ids...)}}, nil
}

func (s *Server) rotate(ctx context.Context, in *rotateInput) (*body[Rotation], error) {
	out := &body[Rotation]{Body: Rotation{DeviceID: in.ID}}
	if _, err := s.deviceOf(ctx, in.ID); err != nil {
		return nil, err
	}
	var err error
	if in.Body.Revoke {
		err = credential.Revoke(ctx, s.o.Registry, author(ctx), in.ID)
	} else {
		overlap := time.Duration(in.Body.OverlapS * float64(time.Second))
		out.Body.Secret, err = credential.Rotate(ctx, s.o.Registry, author(ctx), in.ID, overlap)
	}
	if errors.Is(err, credential.ErrNoDevice) {
		return nil, ErrNotFound
	}
	return out, err
}

// has returns the answer of a server that lacks a part.
func has(part bool, what string) error {
	if part {
		return nil
	}
	return huma.NewError(http.StatusNotImplemented, "this server has no "+what)
}

func (s *Server) listTokens(ctx context.Context, _ *struct{}) (*body[TokenList], error) {
	if err := has(s.o.Issued != nil, "tokens"); err != nil {
		return nil, err
	}
	out := &body[TokenList]{Body: TokenList{Tokens: []IssuedToken{}}}
	for _, t := range s.o.Issued.List() {
		if !(scope{t.Comuni}).within(scopeOf(ctx)) {
			continue
		}
		out.Body.Tokens = append(out.Body.Tokens, IssuedToken(t))
	}
	return out, nil
}

func (s *Server) createToken(ctx context.Context, in *createTokenInput) (*body[NewToken], error) {
	if err := has(s.o.Issued != nil, "tokens"); err != nil {
		return nil, err
	}
	b := &in.Body
	if !(scope{b.Comuni}).within(scopeOf(ctx)) {
		return nil, huma.Error403Forbidden("your token is for some comuni only; name those of them that the new token is for")
	}
	text, made, err := s.o.Issued.Create(ctx, author(ctx), credential.Token{
		Name: b.Name, Role: credential.Role(b.Role), Comuni: b.Comuni, Formats: b.Formats, Expires: b.Expires,
	})
	if errors.Is(err, credential.ErrBadToken) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	return &body[NewToken]{Body: NewToken{IssuedToken: IssuedToken(made), Text: text}}, err
}

func (s *Server) revokeToken(ctx context.Context, in *DevicePath) (*body[IssuedToken], error) {
	if err := has(s.o.Issued != nil, "tokens"); err != nil {
		return nil, err
	}
	if !s.mayRevoke(scopeOf(ctx), in.ID) {
		return nil, ErrNotFound
	}
	t, err := s.o.Issued.Revoke(ctx, author(ctx), in.ID)
	if errors.Is(err, credential.ErrNoToken) {
		return nil, ErrNotFound
	}
	return &body[IssuedToken]{Body: IssuedToken(t)}, err
}

// mayRevoke reports whether every token that goes by that id or name is of the
// scope.
func (s *Server) mayRevoke(own scope, idOrName string) bool {
	return !slices.ContainsFunc(s.o.Issued.List(), func(t credential.Token) bool {
		return (t.ID == idOrName || t.Name == idOrName) && t.Revoked.IsZero() && !(scope{t.Comuni}).within(own)
	})
}
