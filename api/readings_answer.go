package api

import (
	"cmp"
	"time"

	"rione/api/influxql"
	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

func (a *question) query() *influxql.Query {
	q := influxql.From(a.stored())
	if a.device != "" {
		q.Where("device_id", a.device)
	}
	q.Where("comune", a.comuni...).NotBefore(a.start).Before(a.end)
	extra := tagNames(a.m)
	if a.window > 0 {
		a.aggregate(q)
		return q.By(append(extra, a.by...)...).Every(a.window)
	}
	q.Column(a.fields...).Column("lat", "lon", "q").Column(schema.CommonTags()...).Column(extra...)
	if a.newest {
		q.NewestFirst()
	}
	return q.Limit(a.limit)
}

func tagNames(m *schema.Measurement) []string {
	var names []string
	for i := range m.Tags {
		names = append(names, m.Tags[i].Name)
	}
	return names
}

// read turns rows into readings. Positions of devices in homes stay out.
func (a *question) read(out []Reading, s *ingest.Series, snapshot *devices.Snapshot) []Reading {
	for _, row := range s.Values {
		r := Reading{Measurement: cmp.Or(a.name, a.m.Name), DeviceID: s.Tags["device_id"], Comune: s.Tags["comune"], Zone: s.Tags["zone"], Fields: make(map[string]any)}
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
	n, isNumber := ingest.NumberOf(v)
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
