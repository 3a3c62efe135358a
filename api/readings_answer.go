package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"rione/api/influxql"
	"rione/devices"
	"rione/ingest/schema"
)

// answered is a page of readings.
type answered struct{ ReadingPage }

// page asks the store, once for each part of the question. Rows of the border that were given already are left
// out here and not by the store: there may be several that answer.
func (s *Server) page(ctx context.Context, q *question) (*answered, error) {
	page := &answered{ReadingPage{Level: q.level.String(), Readings: []Reading{}}}
	snapshot := s.o.Registry.Snapshot()
	series := 0
	for _, ask := range q.parts() {
		ask.limit, ask.skip = q.limit+q.skip, 0
		answer, err := s.query(s.about(ctx, q), ask.query().In(ask.buckets(s)...))
		if err != nil {
			return nil, err
		}
		series += len(answer)
		for i := range answer {
			page.Readings = q.read(page.Readings, &answer[i], snapshot)
		}
	}
	if q.window > 0 || series > 1 {
		slices.SortStableFunc(page.Readings, q.byTime)
	}
	if q.window == 0 {
		page.Readings = page.Readings[min(q.skip, len(page.Readings)):]
		page.Readings = page.Readings[:min(q.limit, len(page.Readings))]
	}
	return page, nil
}

// next returns the cursor after this page, "" when it was the last. before is
// the cursor that led to it.
func (p *answered) next(q *question, before string) string {
	if q.window > 0 || len(p.Readings) < q.limit || len(p.Readings) == 0 {
		return ""
	}
	last := p.Readings[len(p.Readings)-1].Time
	same := 0
	for i := len(p.Readings) - 1; i >= 0 && p.Readings[i].Time.Equal(last); i-- {
		same++
	}
	border := q.start
	if q.newest {
		border = q.end.Add(-1)
	}
	if before != "" && last.Equal(border) {
		same += q.skip
	}
	return writeCursor(fmt.Sprintf("%d,%d", last.UnixNano(), same))
}

func (a *question) query() *influxql.Query {
	q := influxql.From(a.stored())
	if a.device != "" {
		q.Where("device_id", a.device)
	}
	q.Where("comune", a.comuni...).NotBefore(a.start).Before(a.end)
	extra := tagNames(a.m)
	if a.window > 0 {
		a.aggregate(q)
		if a.device != "" {
			q.By(append(extra, "device_id")...)
		} else {
			q.By(append(extra, "comune")...)
		}
		return q.Every(a.window)
	}
	q.Column(a.fields...).Column("lat", "lon", "q").Column(schema.CommonTags()...).Column(extra...)
	if a.newest {
		q.NewestFirst()
	}
	return q.Limit(a.limit).Offset(a.skip)
}

func tagNames(m *schema.Measurement) []string {
	var names []string
	for i := range m.Tags {
		names = append(names, m.Tags[i].Name)
	}
	return names
}

func (a *question) byTime(x, y Reading) int {
	if a.newest {
		x, y = y, x
	}
	return x.Time.Compare(y.Time)
}

// read turns rows into readings. Positions of devices in homes stay out.
func (a *question) read(out []Reading, s *Series, snapshot *devices.Snapshot) []Reading {
	for _, row := range s.Values {
		r := Reading{Measurement: cmp.Or(a.name, a.m.Name), DeviceID: s.Tags["device_id"], Comune: s.Tags["comune"], Fields: make(map[string]any)}
		for _, t := range extraTags(a.m, s.Tags) {
			r.tag(t.Name, t.Value)
		}
		for i, column := range s.Columns {
			if row[i] != nil {
				a.set(&r, column, row[i])
			}
		}
		if d := snapshot.Device(r.DeviceID); d == nil || d.Premises {
			r.Lat, r.Lon = nil, nil
		}
		out = append(out, r)
	}
	return out
}

func (a *question) set(r *Reading, column string, v any) {
	text, _ := v.(string)
	n, isNumber := number(v)
	switch column {
	case "time":
		r.Time, _ = v.(time.Time)
	case "device_id":
		r.DeviceID = text
	case "comune":
		r.Comune = text
	case "zone":
		r.Zone = text
	case "s2_cell_id": // lat and lon say more
	case "lat":
		r.Lat = &n
	case "lon":
		r.Lon = &n
	case "q":
		q := int64(n)
		r.Q = &q
	default:
		switch {
		case a.m.Tag(column) != nil:
			r.tag(column, text)
		case isNumber && a.m.Field(column) != nil && a.m.Field(column).Type == schema.Float:
			r.Fields[column] = n
		default:
			r.Fields[column] = v
		}
	}
}

func (r *Reading) tag(name, value string) {
	if value == "" {
		return
	}
	if r.Tags == nil {
		r.Tags = make(map[string]string)
	}
	r.Tags[name] = value
}
