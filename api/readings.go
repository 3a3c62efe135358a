package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// defaultRange is how far back readings go when no start is given.
const defaultRange = 24 * time.Hour

// Windows of aggregates: shorter ones would be the readings themselves, more
// of them than maxWindows nobody can look at.
const (
	minWindow  = time.Second
	maxWindow  = 366 * 24 * time.Hour
	maxWindows = 11_000
)

// Reading is one stored reading, or one window of an aggregate.
type Reading struct {
	Time        time.Time         `json:"time" doc:"Of the reading, or the start of the window."`
	DeviceID    string            `json:"device_id,omitempty" doc:"Absent in aggregates of places."`
	Comune      string            `json:"comune,omitempty"`
	Zone        string            `json:"zone,omitempty"`
	Measurement string            `json:"measurement"`
	Tags        map[string]string `json:"tags,omitempty" doc:"The measurement's own tags."`
	Lat         *float64          `json:"lat,omitempty"`
	Lon         *float64          `json:"lon,omitempty"`
	Q           *int64            `json:"q,omitempty" doc:"quality bits, 0 good"`
	Fields      map[string]any    `json:"fields"`
}

// ReadingPage is one page of readings.
type ReadingPage struct {
	Level    string    `json:"level" enum:"raw,15m,1h,1d,1mo" doc:"raw: readings, or aggregates of them; else windows of that length, or aggregates made of them."`
	Places   bool      `json:"places,omitempty" doc:"The windows are of places and not of single devices. They are made of these, and say the same."`
	Readings []Reading `json:"readings"`
	Next     string    `json:"next,omitempty" doc:"Cursor of the following page."`
}

// ReadingChoice are the query parameters that choose readings.
type ReadingChoice struct {
	Device      string          `query:"device" maxLength:"64" doc:"device_id; this or comune is required."`
	Comune      string          `query:"comune" maxLength:"6" doc:"ISTAT code"`
	Measurement MeasurementName `query:"measurement" doc:"See /v1/schema; required unless the device's kind says it."`
	Fields      string          `query:"fields" pattern:"^[a-z0-9_, ]*$" maxLength:"1000" doc:"Fields, separated by commas; all when empty."`
	Start       string          `query:"start" format:"date-time" maxLength:"40" doc:"RFC 3339, included; 24 h before end when empty."`
	End         string          `query:"end" format:"date-time" maxLength:"40" doc:"RFC 3339, not included; now when empty."`
}

type readingsInput struct {
	ReadingChoice
	Window    string `query:"window" maxLength:"20" doc:"Aggregate over windows of this length: 30s, 5m, 1h, 1d."`
	Aggregate string `query:"aggregate" enum:"mean,min,max,sum,count,first,last" doc:"How to aggregate; mean when only a window is given. The mean of noise levels is that of their energy, that of wind directions that of vectors."`
	By        string `query:"by" enum:"comune,zone" doc:"Aggregates of a comune, or of each of its zones; what is in none has no zone. comune when empty."`
	Level     string `query:"level" enum:"auto,raw,15m,1h,1d,1mo" doc:"Windows in place of readings: their fields are those of the readings and _n, _valid_pct, _mean, _min, _max and so on. auto takes the length that fits the range. Aggregates are made of windows by themselves where that gives the same; raw makes them of readings."`
	Sort      string `query:"sort" enum:"time,-time" doc:"By time, the oldest first where nothing else is said, and then by device and tags; - turns the time round."`
	Order     string `query:"order" enum:"asc,desc" deprecated:"true" doc:"asc is sort=time, desc is sort=-time."`
	Limit     int    `query:"limit" default:"1000" minimum:"1" maximum:"10000"`
	Cursor    string `query:"cursor" maxLength:"2000" doc:"What the page before gave as next."`
}

func (s *Server) routeReadings() {
	tags := []string{"readings"}
	s.routeLatest(tags)
	s.routeExport(tags)
	handle(s, huma.Operation{OperationID: "readings", Method: http.MethodGet, Path: "/v1/readings", Tags: tags,
		Summary:     "Readings of a device or a comune in a range of time, or aggregates of them",
		Description: "Gauges and states of aggregates are best read by mean, counters by last.", Errors: []int{404}}, s.readings)
}

func (s *Server) readings(ctx context.Context, in *readingsInput) (*body[ReadingPage], error) {
	q, err := s.askFor(ctx, in)
	if err != nil {
		return nil, err
	}
	page, err := s.page(ctx, q)
	if err != nil {
		return nil, err
	}
	return &body[ReadingPage]{Body: *page}, nil
}
