package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/influxql"
	"rione/api/opendata"
	"rione/ingest"
	"rione/ingest/schema"
)

// Initiative is a programme of administrations and what it wants to reach.
type Initiative struct {
	ID          string        `json:"id"`
	Title       opendata.Text `json:"title"`
	Plan        opendata.Text `json:"plan" doc:"That it belongs to."`
	Description opendata.Text `json:"description"`
	Note        opendata.Text `json:"note" doc:"Where baselines and targets come from."`
	Comuni      []string      `json:"comuni" doc:"ISTAT codes."`
	Split       string        `json:"split" enum:"comune,zone,administration" doc:"By what its results are compared."`
	Licence     string        `json:"licence" doc:"Of what it publishes, SPDX."`
	DelayH      int           `json:"publication_delay_h"`
	Pages       []string      `json:"pages" doc:"Dashboards that lead deeper."`
	Indicators  []Indicator   `json:"indicators" doc:"The most important first."`
}

// Indicator is a figure that an initiative wants to move.
type Indicator struct {
	ID        string           `json:"id"`
	Title     opendata.Text    `json:"title"`
	Unit      string           `json:"unit,omitempty" doc:"UCUM"`
	Direction string           `json:"direction" enum:"up,down" doc:"In which it should move."`
	Owner     string           `json:"owner" doc:"Who answers for it."`
	Measured  bool             `json:"measured" doc:"It follows from what devices say; else it is a fact that people load."`
	Baseline  float64          `json:"baseline" doc:"Before the initiative."`
	Target    float64          `json:"target"`
	Value     *float64         `json:"value,omitempty" doc:"The newest of the whole; of a single initiative only, absent when nothing is known."`
	Time      *time.Time       `json:"time,omitempty" doc:"Of the value."`
	Places    []IndicatorPlace `json:"places,omitempty" doc:"The newest by comune or zone; of a single initiative only."`
}

// IndicatorPlace is an indicator's newest value in a comune or zone, or of an
// administration.
type IndicatorPlace struct {
	Comune     string    `json:"comune,omitempty" doc:"ISTAT code"`
	ComuneName string    `json:"comune_name,omitempty"`
	Zone       string    `json:"zone,omitempty"`
	Subject    string    `json:"subject,omitempty" doc:"Administration, such as a union of comuni."`
	Value      float64   `json:"value"`
	Time       time.Time `json:"time"`
}

// InitiativeList are the initiatives, without values.
type InitiativeList struct {
	Initiatives []Initiative `json:"initiatives"`
	Dashboards  string       `json:"dashboards,omitempty" doc:"Where their dashboards are; absent when no Grafana is connected."`
}

// indicatorAge is how old an indicator's newest value may be: runs are minutes
// apart, so nothing newer means that nobody computes it any more.
const indicatorAge = 48 * time.Hour

type initiativePath struct {
	ID string `path:"id" maxLength:"40"`
}

func (s *Server) routeInitiatives() {
	tags := []string{"initiatives"}
	handle(s, huma.Operation{OperationID: "list-initiatives", Method: http.MethodGet, Path: "/v1/initiatives", Tags: tags,
		Summary: "Initiatives and what their indicators are"}, s.listInitiatives)
	handle(s, huma.Operation{OperationID: "get-initiative", Method: http.MethodGet, Path: "/v1/initiatives/{id}", Tags: tags,
		Summary: "One initiative with the newest values of its indicators, against baseline and target, by place"}, s.getInitiative)
}

func (s *Server) listInitiatives(context.Context, *none) (*body[InitiativeList], error) {
	return &body[InitiativeList]{Body: InitiativeList{append([]Initiative{}, s.o.Initiatives...), s.o.Dashboards}}, nil
}

func (s *Server) getInitiative(ctx context.Context, in *initiativePath) (*body[Initiative], error) {
	at := slices.IndexFunc(s.o.Initiatives, func(i Initiative) bool { return i.ID == in.ID })
	if at < 0 {
		return nil, ErrNotFound
	}
	out := s.o.Initiatives[at]
	out.Indicators = slices.Clone(out.Indicators)
	answer, err := s.query(ctx, newestIndicators(out.ID))
	if err != nil {
		return nil, err
	}
	for i := range answer {
		out.take(&answer[i])
	}
	for i := range out.Indicators {
		slices.SortFunc(out.Indicators[i].Places, func(a, b IndicatorPlace) int {
			return strings.Compare(a.ComuneName+a.Zone+a.Subject, b.ComuneName+b.Zone+b.Subject)
		})
	}
	return &body[Initiative]{Body: out}, nil
}

func newestIndicators(initiative string) *influxql.Query {
	return influxql.From(schema.Lookup("indicator")).Column("value", "baseline", "target").Where("initiative", initiative).
		Since(indicatorAge).By("id", "comune", "zone", "subject").NewestFirst().Limit(1)
}

// take puts the newest row of a series where it belongs: what has neither
// comune, zone nor subject is of the whole. A fact may bring a baseline and a target of
// its own.
func (i *Initiative) take(s *ingest.Series) {
	at := slices.IndexFunc(i.Indicators, func(n Indicator) bool { return n.ID == s.Tags["id"] })
	if at < 0 || len(s.Values) == 0 || len(s.Values[0]) < 4 {
		return
	}
	n, row := &i.Indicators[at], s.Values[0]
	when, timed := row[0].(time.Time)
	value, known := ingest.NumberOf(row[1])
	if !timed || !known {
		return
	}
	if comune, zone, subject := s.Tags["comune"], s.Tags["zone"], s.Tags["subject"]; comune+zone+subject != "" {
		p := IndicatorPlace{Comune: comune, Zone: zone, Subject: subject, Value: value, Time: when}
		if comune != "" {
			p.ComuneName = comuneName(comune)
		}
		n.place(p)
		return
	}
	if n.Time != nil && n.Time.After(when) {
		return
	}
	n.Value, n.Time = &value, &when
	if v, ok := ingest.NumberOf(row[2]); ok {
		n.Baseline = v
	}
	if v, ok := ingest.NumberOf(row[3]); ok {
		n.Target = v
	}
}

// place keeps the newest value of a place: what is compared over several InfluxDBs is
// in more than one of them.
func (n *Indicator) place(p IndicatorPlace) {
	at := slices.IndexFunc(n.Places, func(o IndicatorPlace) bool {
		return o.Comune == p.Comune && o.Zone == p.Zone && o.Subject == p.Subject
	})
	switch {
	case at < 0:
		n.Places = append(n.Places, p)
	case p.Time.After(n.Places[at].Time):
		n.Places[at] = p
	}
}
