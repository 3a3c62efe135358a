package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Fact is a dated figure of an initiative that no sensor gives.
type Fact struct {
	Initiative string   `json:"initiative" maxLength:"40"`
	ID         string   `json:"id" maxLength:"40" doc:"Of the indicator, such as population, cost-device, actions."`
	Date       string   `json:"date" format:"date" doc:"From when it is so, in Italy."`
	Comune     string   `json:"comune,omitempty" maxLength:"6" doc:"ISTAT code; absent for the whole initiative."`
	Zone       string   `json:"zone,omitempty" maxLength:"100"`
	Subject    string   `json:"subject,omitempty" maxLength:"100" doc:"A union of comuni, a data set or another thing that is neither comune nor zone."`
	Value      float64  `json:"value"`
	Baseline   *float64 `json:"baseline,omitempty" doc:"Absent: that of the initiative's definition."`
	Target     *float64 `json:"target,omitempty" doc:"Absent: that of the initiative's definition."`
	Note       string   `json:"note,omitempty" maxLength:"500" doc:"Where it comes from."`
}

// FactList is a list of facts.
type FactList struct {
	Facts []Fact `json:"facts" maxItems:"100000"`
}

// Facts keeps the facts of initiatives.
type Facts interface {
	ListFacts(ctx context.Context) ([]Fact, error)
	// PutFacts keeps all facts or, when one is wrong, none; the error is a
	// BadFactError then.
	PutFacts(ctx context.Context, who string, facts []Fact) error
	// RemoveFact takes back the fact of that indicator, place and date. It returns
	// ErrNotFound where there is none.
	RemoveFact(ctx context.Context, who string, f Fact) error
}

// BadFactError is what the client did wrong.
type BadFactError struct{ Err error }

// Error implements error.
func (e *BadFactError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *BadFactError) Unwrap() error { return e.Err }

type factsInput struct {
	Initiative string `query:"initiative" maxLength:"40" doc:"Only facts of this one."`
}

type putFactsInput struct{ Body FactList }

type removeFactInput struct {
	Initiative string `query:"initiative" required:"true" minLength:"1" maxLength:"40"`
	ID         string `query:"id" required:"true" minLength:"1" maxLength:"40" doc:"Of the indicator."`
	Date       string `query:"date" required:"true" format:"date" doc:"From when it is said to be so, in Italy."`
	Comune     string `query:"comune" maxLength:"6" doc:"ISTAT code; absent for the whole initiative."`
	Zone       string `query:"zone" maxLength:"100"`
	Subject    string `query:"subject" maxLength:"100" doc:"That it is about beside the place, where it is about one."`
}

func (s *Server) routeFacts() {
	tags := []string{"initiatives"}
	handle(s, huma.Operation{OperationID: "facts", Method: http.MethodGet, Path: "/v1/facts", Tags: tags,
		Summary: "Dated facts of initiatives that no sensor gives", Errors: []int{501}}, s.facts)
	handle(s, huma.Operation{OperationID: "put-facts", Method: http.MethodPost, Path: "/v1/facts", Tags: tags,
		Summary:     "Keep facts: population, costs, actions of a plan, steps of an onboarding",
		Description: "A fact replaces that of the same indicator, place and date.", Errors: []int{501}}, s.putFacts)
	handle(s, huma.Operation{OperationID: "remove-fact", Method: http.MethodDelete, Path: "/v1/facts", Tags: tags,
		Summary:     "Take a fact back",
		Description: "The one of that indicator, place and date; what held before it holds again.", Errors: []int{404, 501}}, s.removeFact)
}

func (s *Server) facts(ctx context.Context, in *factsInput) (*body[FactList], error) {
	if s.o.Facts == nil {
		return nil, huma.Error501NotImplemented("this rione keeps no facts")
	}
	all, err := s.o.Facts.ListFacts(ctx)
	if err != nil {
		return nil, err
	}
	out := FactList{Facts: []Fact{}}
	for _, f := range all {
		if in.Initiative == "" || f.Initiative == in.Initiative {
			out.Facts = append(out.Facts, f)
		}
	}
	return &body[FactList]{Body: out}, nil
}

// taken is how many facts were taken.
type taken struct {
	Taken int `json:"taken"`
}

func (s *Server) putFacts(ctx context.Context, in *putFactsInput) (*body[taken], error) {
	if s.o.Facts == nil {
		return nil, huma.Error501NotImplemented("this rione keeps no facts")
	}
	if err := s.o.Facts.PutFacts(ctx, author(ctx), in.Body.Facts); err != nil {
		return nil, factProblem(err)
	}
	return &body[taken]{Body: taken{len(in.Body.Facts)}}, nil
}

func (s *Server) removeFact(ctx context.Context, in *removeFactInput) (*struct{}, error) {
	if s.o.Facts == nil {
		return nil, huma.Error501NotImplemented("this rione keeps no facts")
	}
	err := s.o.Facts.RemoveFact(ctx, author(ctx), Fact{Initiative: in.Initiative, ID: in.ID, Date: in.Date, Comune: in.Comune, Zone: in.Zone, Subject: in.Subject})
	return nil, factProblem(err)
}

func factProblem(err error) error {
	var bad *BadFactError
	if errors.As(err, &bad) {
		return huma.Error422UnprocessableEntity(bad.Error())
	}
	return err
}
