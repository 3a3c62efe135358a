package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
	"rione/geo"
)

// StateCount counts devices by state.
type StateCount struct {
	Devices int `json:"devices"`
	Online  int `json:"online"`
	Late    int `json:"late"`
	Silent  int `json:"silent"`
	Waiting int `json:"waiting" doc:"Registered lately and not heard of yet."`
}

func (c *StateCount) add(st State) {
	c.Devices++
	switch st {
	case Online:
		c.Online++
	case Late:
		c.Late++
	case Silent:
		c.Silent++
	case Waiting:
		c.Waiting++
	}
}

// Overview is the state of the whole city in a few figures.
type Overview struct {
	StateCount
	Status      Status    `json:"status"`
	Points      uint64    `json:"points" doc:"Points stored since this server started; 0 for a token of some comuni."`
	Quarantined int       `json:"quarantined" doc:"Messages in quarantine."`
	Revision    uint64    `json:"revision" doc:"Of the registry."`
	Time        time.Time `json:"time"`
}

// ComuneView is a comune that has devices.
type ComuneView struct {
	StateCount
	Code     string     `json:"comune" doc:"ISTAT code"`
	Name     string     `json:"name"`
	Province string     `json:"province,omitempty"`
	Region   string     `json:"region,omitempty"`
	Point    *geo.Point `json:"point,omitempty" doc:"A point inside it."`
	AreaKM2  float64    `json:"area_km2,omitempty"`
	Zones    []string   `json:"zones"`
}

// ComuneList are the comuni that have devices.
type ComuneList struct {
	Comuni []ComuneView `json:"comuni"`
}

type none struct{}

func (s *Server) routeCity() {
	city, service := []string{"city"}, []string{"service"}
	handle(s, huma.Operation{OperationID: "overview", Method: http.MethodGet, Path: "/v1/overview", Tags: city,
		Summary: "The state of the city in a few figures"}, s.overview)
	handle(s, huma.Operation{OperationID: "comuni", Method: http.MethodGet, Path: "/v1/comuni", Tags: city,
		Summary: "The comuni that have devices, with their zones"}, s.comuni)
	handle(s, huma.Operation{OperationID: "areas", Method: http.MethodGet, Path: "/v1/geo/areas", Tags: city,
		Summary:   "Outlines of comuni and zones",
		Responses: map[string]*huma.Response{"200": {Description: "GeoJSON", Content: map[string]*huma.MediaType{geojsonType: {Schema: &huma.Schema{Type: "object"}}}}}}, s.areas)
	handle(s, huma.Operation{OperationID: "schema", Method: http.MethodGet, Path: "/v1/schema", Tags: service,
		Summary: "Measurements, their tags and fields, units and ranges"}, describeSchema)
	s.routeLocate()
	s.routeBoundaries(city)
	s.routeLedger()
}

// overviewAge is how old an overview may be: consoles ask for it all the time.
const overviewAge = time.Second

// overviewCache keeps the newest overview for those who ask at once.
type overviewCache struct {
	mu    sync.Mutex
	until time.Time
	last  Overview
}

func (s *Server) overview(ctx context.Context, _ *none) (*body[Overview], error) {
	if !scopeOf(ctx).all() {
		own, err := s.look(ctx, s.o.Now())
		own.Points = 0
		return &body[Overview]{Body: own}, err
	}
	c := &s.glance
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := s.o.Now(); !now.Before(c.until) {
		fresh, err := s.look(ctx, now)
		if err != nil {
			return nil, err
		}
		c.last, c.until = fresh, now.Add(overviewAge)
	}
	return &body[Overview]{Body: c.last}, nil
}

func (s *Server) look(ctx context.Context, now time.Time) (Overview, error) {
	snapshot := s.o.Registry.Snapshot()
	out := Overview{Status: s.runChecks(ctx), Points: s.o.Latest.Points(), Revision: snapshot.Revision, Time: now.UTC()}
	own := scopeOf(ctx)
	for _, d := range snapshot.All() {
		if !d.Retired && own.sees(d) {
			out.add(stateOf(d, s.o.Latest.Seen(d.ID), now))
		}
	}
	if s.o.Quarantine == nil {
		return out, nil
	}
	groups, err := s.o.Quarantine.Groups(ctx, EntryFilter{Comuni: own.comuni})
	for _, g := range groups {
		out.Quarantined += g.Count
	}
	return out, err
}

func (s *Server) comuni(ctx context.Context, _ *none) (*body[ComuneList], error) {
	now := s.o.Now()
	byCode := make(map[string]*ComuneView)
	own := scopeOf(ctx)
	for _, d := range s.o.Registry.Snapshot().All() {
		if d.Retired || !own.sees(d) {
			continue
		}
		at := d.Current()
		c := byCode[at.Comune]
		if c == nil {
			c = s.comuneView(at.Comune)
			byCode[at.Comune] = c
		}
		c.add(stateOf(d, s.o.Latest.Seen(d.ID), now))
		if at.Zone != "" && !slices.Contains(c.Zones, at.Zone) {
			c.Zones = append(c.Zones, at.Zone)
		}
	}
	out := ComuneList{Comuni: []ComuneView{}}
	for _, c := range byCode {
		slices.Sort(c.Zones)
		out.Comuni = append(out.Comuni, *c)
	}
	slices.SortFunc(out.Comuni, func(a, b ComuneView) int { return strings.Compare(a.Code, b.Code) })
	return &body[ComuneList]{Body: out}, nil
}

func (s *Server) comuneView(code string) *ComuneView {
	view := &ComuneView{Code: code, Name: code, Zones: []string{}}
	if c, ok := geo.ComuneByCode(code); ok {
		view.Name, view.Province, view.Region, view.Point, view.AreaKM2 = c.Name, c.Province, c.Region, &c.Point, c.AreaKM2
	} else if s.o.Gazetteer != nil {
		if p, ok := s.o.Gazetteer.Centre(code); ok {
			view.Point = &p
		}
	}
	return view
}

type areasInput struct {
	Comune string `query:"comune" maxLength:"700" pattern:"^([0-9]{6},?)*$" doc:"ISTAT codes, separated by commas; all that have devices when empty."`
}

func (s *Server) areas(_ context.Context, in *areasInput) (*encoded, error) {
	wanted := setOf(in.Comune)
	if len(wanted) == 0 {
		wanted = comuniOf(s.o.Registry.Snapshot())
	}
	var areas []geo.Area
	if s.o.Areas != nil {
		for _, a := range s.o.Areas() {
			if wanted[a.Code] && a.ValidTo.IsZero() {
				areas = append(areas, a)
			}
		}
	}
	var b bytes.Buffer
	if err := geo.WriteBoundaries(&b, areas); err != nil {
		return nil, err
	}
	return &encoded{ContentType: geojsonType, Body: b.Bytes()}, nil
}

func comuniOf(s *devices.Snapshot) map[string]bool {
	codes := make(map[string]bool)
	for _, d := range s.All() {
		codes[d.Current().Comune] = true
	}
	return codes
}
