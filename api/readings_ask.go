package api

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/api/influxql"
	"rione/api/problem"
	"rione/ingest/schema"
)

// question is a checked readingsInput.
type question struct {
	m          *schema.Measurement
	name       string       // of the measurement whose windows m holds, "" for readings
	level      schema.Level // whose windows answer, Raw for readings
	body       [2]time.Time // of an aggregate: what windows of the level answer; the rest is of readings
	places     bool         // these are windows of places
	by         []string     // of an aggregate: tags that tell its series apart
	device     string
	comuni     []string // that the readings are of; none: any
	fields     []string
	start, end time.Time
	window     time.Duration
	function   string
	newest     bool
	limit      int
	after      *border // where the page before ended; nil for the first
}

// choose checks the choice of readings.
func (s *Server) choose(ctx context.Context, in *ReadingChoice) (*question, error) {
	a := &question{device: in.Device, comuni: scopeOf(ctx).comuni}
	if in.Comune != "" {
		if !scopeOf(ctx).covers(in.Comune) {
			return nil, huma.Error403Forbidden("the token is not for comune " + problem.Short(in.Comune))
		}
		a.comuni = []string{in.Comune}
	}
	var err error
	if a.m, err = s.subject(ctx, in); err != nil {
		return nil, err
	}
	if a.fields, err = fieldsOf(a.m, in.Fields); err != nil {
		return nil, err
	}
	return a, a.setRange(in.Start, in.End, s.o.Now())
}

// askFor checks the choice, and how it is to be paged or aggregated.
func (s *Server) askFor(ctx context.Context, in *readingsInput) (*question, error) {
	a, err := s.choose(ctx, &in.ReadingChoice)
	if err != nil {
		return nil, err
	}
	a.newest, a.limit, a.function = in.Sort == "-time" || in.Sort == "" && in.Order == "desc", in.Limit, in.Aggregate
	if err := a.setWindow(in); err != nil {
		return nil, err
	}
	if err := a.take(ctx, in.Level, s); err != nil {
		return nil, err
	}
	return a, a.resume(in.Cursor)
}

// subject finds what the readings are of, and so their measurement.
func (s *Server) subject(ctx context.Context, in *ReadingChoice) (*schema.Measurement, error) {
	m, err := measurementOf(in.Measurement)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Device == "" && in.Comune == "":
		return nil, badQuery("device", "name a device or a comune")
	case in.Device == "" && m == nil:
		return nil, badQuery("measurement", "name one for a comune")
	case in.Device == "":
		return m, nil
	}
	d, err := s.deviceOf(ctx, in.Device)
	if err != nil {
		return nil, huma.Error404NotFound("there is no device " + problem.Short(in.Device))
	}
	if m == nil {
		m = schema.DefaultOf(string(d.Kind))
	}
	return m, nil
}

func fieldsOf(m *schema.Measurement, list string) ([]string, error) {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" || slices.Contains(names, name) {
			continue
		}
		if m.Field(name) == nil {
			return nil, badQuery("fields", m.Name+" has no field "+problem.Short(name))
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		for i := range m.Fields {
			names = append(names, m.Fields[i].Name)
		}
	}
	return names, nil
}

func (a *question) setRange(start, end string, now time.Time) (err error) {
	if a.end, err = parseTime("end", end); err != nil {
		return err
	}
	if a.start, err = parseTime("start", start); err != nil {
		return err
	}
	if a.end.IsZero() {
		a.end = now.UTC()
	}
	if a.start.IsZero() {
		a.start = a.end.Add(-defaultRange)
	}
	if !a.start.Before(a.end) {
		return badQuery("start", "it must be before end")
	}
	return nil
}

func (a *question) setWindow(in *readingsInput) (err error) {
	if in.Window == "" {
		if in.Aggregate != "" {
			return badQuery("aggregate", "give a window with it, such as window=5m")
		}
		if in.By != "" {
			return badQuery("by", "give a window with it, such as window=1h")
		}
		return nil
	}
	if in.By != "" && in.Device != "" {
		return badQuery("by", "aggregates of a device are its own; leave it out, or device")
	}
	if a.window, err = parseWindow(in.Window); err != nil {
		return err
	}
	if a.function == "" {
		a.function = influxql.Aggregates()[0]
	}
	switch {
	case a.device != "":
		a.by = []string{"device_id"}
	case in.By == "zone":
		a.by = []string{"comune", "zone"}
	default:
		a.by = []string{"comune"}
	}
	if a.end.Sub(a.start)/a.window > maxWindows {
		return badQuery("window", "too many windows in the range; take longer ones")
	}
	if in.Cursor != "" {
		return badQuery("cursor", "aggregates have one page; take longer windows")
	}
	return nil
}

// parseWindow reads a duration, also in days.
func parseWindow(text string) (time.Duration, error) {
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(max(n, 0), 400)) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(text)
	}
	if err != nil || d < minWindow || d > maxWindow || d%time.Second != 0 {
		return 0, badQuery("window", "give whole seconds up to a year: 30s, 5m, 1h, 1d")
	}
	return d, nil
}
