package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/opendata"
)

// PublicationList are the data sets, published or prepared.
type PublicationList struct {
	Publications []opendata.Publication `json:"publications"`
}

// PublicationPath names a data set.
type PublicationPath struct {
	ID string `path:"id" minLength:"2" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]+$" doc:"Of the data set."`
}

type putPublicationInput struct {
	PublicationPath
	Body PublicationBody
}

// PublicationBody is a data set as an administrator describes it.
type PublicationBody struct {
	Initiative  string          `json:"initiative,omitempty" maxLength:"64"`
	Title       opendata.Text   `json:"title"`
	Description opendata.Text   `json:"description"`
	Comuni      []string        `json:"comuni" minItems:"1" maxItems:"500" doc:"ISTAT codes."`
	Measurement string          `json:"measurement" maxLength:"32" doc:"See /v1/schema."`
	Form        opendata.Form   `json:"form" enum:"single,groups"`
	DelayH      int             `json:"delay_h" minimum:"0" maximum:"8760"`
	Exact       bool            `json:"exact,omitempty"`
	Holder      opendata.Holder `json:"holder"`
	Contact     string          `json:"contact,omitempty" maxLength:"200"`
	Licence     string          `json:"licence,omitempty" enum:"CC-BY-4.0,CC0-1.0"`
	Theme       string          `json:"theme" enum:"ENVI,TRAN,TECH,SOCI,ENER,REGI,GOVE"`
}

func (s *Server) routePublications() {
	tags := []string{"open data"}
	handle(s, huma.Operation{OperationID: "list-publications", Method: http.MethodGet, Path: "/v1/publications", Tags: tags,
		Summary: "Data sets, published or prepared", Description: "What everybody sees of them is at /opendata and /catalog."}, s.listPublications)
	handle(s, huma.Operation{OperationID: "put-publication", Method: http.MethodPut, Path: "/v1/publications/{id}", Tags: tags,
		Summary: "Describe a data set", Description: "A new one is not published yet; one that is stays so."}, s.putPublication)
	handle(s, huma.Operation{OperationID: "publish", Method: http.MethodPost, Path: "/v1/publications/{id}/publish", Tags: tags,
		Summary: "Publish a data set"}, s.publish)
	handle(s, huma.Operation{OperationID: "withdraw", Method: http.MethodPost, Path: "/v1/publications/{id}/withdraw", Tags: tags,
		Summary: "Withdraw a data set", Description: "Who has copies keeps them."}, s.withdraw)
}

func (s *Server) listPublications(ctx context.Context, _ *none) (*body[PublicationList], error) {
	out := &body[PublicationList]{Body: PublicationList{Publications: []opendata.Publication{}}}
	for _, p := range s.o.Publications.List() {
		if scopeOf(ctx).touches(p.Comuni) {
			out.Body.Publications = append(out.Body.Publications, p)
		}
	}
	return out, nil
}

func (s *Server) putPublication(ctx context.Context, in *putPublicationInput) (*body[opendata.Publication], error) {
	before, err := s.o.Publications.Get(in.ID)
	if err == nil && !scopeOf(ctx).holds(before.Comuni) {
		return nil, ErrNotFound
	}
	b := &in.Body
	p := opendata.Publication{
		ID: in.ID, Initiative: b.Initiative, Title: b.Title, Description: b.Description, Comuni: b.Comuni, Measurement: b.Measurement,
		Form: b.Form, DelayH: b.DelayH, Exact: b.Exact, Holder: b.Holder, Contact: b.Contact, Licence: b.Licence, Theme: b.Theme,
		Published: before.Published,
	}
	if !scopeOf(ctx).holds(p.Comuni) {
		return nil, huma.Error403Forbidden("the token is for some comuni only; the data set is of others too")
	}
	kept, err := s.o.Publications.Put(ctx, author(ctx), p, s.o.Now())
	return publicationAnswer(&kept, err)
}

func (s *Server) publish(ctx context.Context, in *PublicationPath) (*body[opendata.Publication], error) {
	return s.setPublished(ctx, in.ID, true)
}

func (s *Server) withdraw(ctx context.Context, in *PublicationPath) (*body[opendata.Publication], error) {
	return s.setPublished(ctx, in.ID, false)
}

func (s *Server) setPublished(ctx context.Context, id string, published bool) (*body[opendata.Publication], error) {
	p, err := s.o.Publications.Get(id)
	if err != nil || !scopeOf(ctx).holds(p.Comuni) {
		return nil, ErrNotFound
	}
	p, err = s.o.Publications.SetPublished(ctx, author(ctx), id, published, s.o.Now())
	return publicationAnswer(&p, err)
}

func publicationAnswer(p *opendata.Publication, err error) (*body[opendata.Publication], error) {
	switch {
	case errors.Is(err, opendata.ErrInvalid):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, err
	}
	return &body[opendata.Publication]{Body: *p}, nil
}

// holds reports whether every one of the comuni is in the scope.
func (c scope) holds(comuni []string) bool { return scope{comuni}.within(c) }

// touches reports whether any of the comuni is in the scope.
func (c scope) touches(comuni []string) bool {
	for _, comune := range comuni {
		if c.covers(comune) {
			return true
		}
	}
	return false
}
