package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
	"rione/devices/quota"
)

// Quota are the limits of devices and comuni, and what they have used.
type Quota interface {
	// Set puts limits in force; those that are all 0 give a subject the limits
	// of its class again.
	Set(ctx context.Context, author string, s quota.Subject, l quota.Limits) error
	// List returns the limits that were set.
	List() map[quota.Subject]quota.Limits
	// Usage returns what a subject has used, and its limits in force.
	Usage(s quota.Subject) quota.Usage
}

// QuotaLine is what one subject has used.
type QuotaLine struct {
	Subject string        `json:"subject" doc:"device, gateway or comune for all of them; device:ID, gateway:ID or comune:CODE for one."`
	Set     *quota.Limits `json:"set,omitempty" doc:"Set for this subject; none: those of its class."`
	quota.Usage
}

// QuotaList are the limits of the classes, those that were set for one subject,
// and every comune that has devices.
type QuotaList struct {
	Subjects []QuotaLine `json:"subjects"`
}

// SubjectPath names whom limits are for.
type SubjectPath struct {
	Subject string `path:"subject" maxLength:"80" example:"comune:058091"`
}

type setQuotaInput struct {
	SubjectPath
	Body quota.Limits
}

func (s *Server) routeQuota() {
	op := func(id, method, path, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: description,
			Tags: []string{"quota"}, Errors: []int{501}}
	}
	handle(s, op("list-quota", http.MethodGet, "/v1/quota", "Limits of devices and comuni, and what they have used", ""), s.listQuota)
	handle(s, op("get-quota", http.MethodGet, "/v1/quota/{subject}", "The limits of one device, gateway or comune, and what it has used", ""), s.getQuota)
	handle(s, op("set-quota", http.MethodPut, "/v1/quota/{subject}", "Set limits, in force at once",
		"What is 0 or absent is as for the class; all of it absent takes back what was set."), s.setQuota)
}

func (s *Server) listQuota(ctx context.Context, _ *none) (*body[QuotaList], error) {
	if err := has(s.o.Quota != nil, "limits"); err != nil {
		return nil, err
	}
	subjects := []quota.Subject{{Class: quota.Device}, {Class: quota.Gateway}, {Class: quota.Comune}}
	for comune := range comuniOf(s.o.Registry.Snapshot()) {
		subjects = append(subjects, quota.Subject{Class: quota.Comune, Name: comune})
	}
	for subject := range s.o.Quota.List() {
		subjects = append(subjects, subject)
	}
	slices.SortFunc(subjects, func(a, b quota.Subject) int { return strings.Compare(a.String(), b.String()) })
	out := QuotaList{Subjects: []QuotaLine{}}
	for _, subject := range slices.Compact(subjects) {
		if s.mayKnow(ctx, subject) {
			out.Subjects = append(out.Subjects, s.quotaLine(subject))
		}
	}
	return &body[QuotaList]{Body: out}, nil
}

func (s *Server) quotaLine(subject quota.Subject) QuotaLine {
	line := QuotaLine{Subject: subject.String(), Usage: s.o.Quota.Usage(subject)}
	if set, is := s.o.Quota.List()[subject]; is {
		line.Set = &set
	}
	return line
}

// mayKnow reports whether a subject is in the request's scope. Classes are
// everybody's, and tokens of the HTTP door the whole city's.
func (s *Server) mayKnow(ctx context.Context, subject quota.Subject) bool {
	own := scopeOf(ctx)
	switch {
	case own.all() || subject.Name == "":
		return true
	case subject.Class == quota.Comune:
		return own.covers(subject.Name)
	}
	return own.sees(s.o.Registry.Snapshot().Device(subject.Name))
}

// subjectOf reads the subject of a request. One that is of another comune, or of
// nothing that is there, is not found.
func (s *Server) subjectOf(ctx context.Context, text string) (quota.Subject, error) {
	if err := has(s.o.Quota != nil, "limits"); err != nil {
		return quota.Subject{}, err
	}
	subject, err := quota.ParseSubject(text)
	if err != nil {
		return subject, huma.Error422UnprocessableEntity(err.Error())
	}
	d := s.o.Registry.Snapshot().Device(subject.Name)
	known := subject.Name == "" || subject.Class == quota.Comune && len(subject.Name) == 6 || d != nil && (d.Kind == devices.Gateway) == (subject.Class == quota.Gateway) ||
		subject.Class == quota.Gateway && strings.HasPrefix(subject.Name, "token:")
	if !known || !s.mayKnow(ctx, subject) {
		return subject, ErrNotFound
	}
	return subject, nil
}

func (s *Server) getQuota(ctx context.Context, in *SubjectPath) (*body[QuotaLine], error) {
	subject, err := s.subjectOf(ctx, in.Subject)
	if err != nil {
		return nil, err
	}
	return &body[QuotaLine]{Body: s.quotaLine(subject)}, nil
}

func (s *Server) setQuota(ctx context.Context, in *setQuotaInput) (*body[QuotaLine], error) {
	subject, err := s.subjectOf(ctx, in.Subject)
	if err != nil {
		return nil, err
	}
	if err := in.Body.Validate(); err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	if err := s.o.Quota.Set(ctx, author(ctx), subject, in.Body); err != nil {
		return nil, err
	}
	return &body[QuotaLine]{Body: s.quotaLine(subject)}, nil
}
