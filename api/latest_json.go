package api

import (
	"strconv"
	"time"

	"rione/api/appendjson"
	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

// DeviceLatest is a device with its latest readings, as the API's description
// shows it. It is written by appendLatest, which thousands of devices at a time
// and every tick of the live feed go through.
type DeviceLatest struct {
	DeviceID   string          `json:"device_id"`
	Kind       devices.Kind    `json:"kind"`
	Name       string          `json:"name,omitempty"`
	Comune     string          `json:"comune" doc:"ISTAT code"`
	ComuneName string          `json:"comune_name"`
	Zone       string          `json:"zone,omitempty" doc:"municipio or quartiere"`
	Premises   bool            `json:"premises,omitempty" doc:"Stands in a home: shown at the point of its comune."`
	Lat        float64         `json:"lat,omitempty" doc:"degrees, WGS 84"`
	Lon        float64         `json:"lon,omitempty" doc:"degrees, WGS 84"`
	IntervalS  float64         `json:"interval_s,omitempty" doc:"Expected time between two readings, seconds."`
	State      State           `json:"state" enum:"online,late,silent,waiting"`
	Seen       *time.Time      `json:"seen,omitempty" doc:"Device time of the newest reading."`
	Readings   []LatestReading `json:"readings"`
}

// LatestReading is the newest value of every field of one series.
type LatestReading struct {
	Measurement string            `json:"measurement"`
	Tags        map[string]string `json:"tags,omitempty"`
	Time        time.Time         `json:"time"`
	Q           int               `json:"q" doc:"quality bits, 0 good"`
	Fields      map[string]any    `json:"fields" doc:"values by field, see /v1/schema"`
}

// shown is what the encoder wants of a device beside its readings.
type shown struct {
	device *devices.Device
	lat    float64
	lon    float64
	placed bool
	only   *schema.Measurement // nil all
	now    time.Time
}

// appendLatest appends the JSON object of a device; d is nil when nothing was
// heard of it.
func appendLatest(b []byte, v *shown, d *latestDevice) []byte {
	b = append(b, '{')
	b = appendAbout(b, v)
	var seen time.Time
	if d != nil {
		seen = d.seen
	}
	b = append(b, `,"state":"`...)
	b = append(b, stateOf(v.device, seen, v.now)...)
	b = append(b, '"')
	if !seen.IsZero() {
		b = append(b, `,"seen":`...)
		b = appendjson.Time(b, seen)
	}
	b = append(b, `,"readings":[`...)
	if d != nil {
		b = appendSeries(b, d.series, v.only)
	}
	return append(b, "]}"...)
}

func appendAbout(b []byte, v *shown) []byte {
	d, at := v.device, v.device.Current()
	b = appendjson.Member(b, "device_id", d.ID)
	b = appendjson.Member(append(b, ','), "kind", string(d.Kind))
	if d.Name != "" {
		b = appendjson.Member(append(b, ','), "name", d.Name)
	}
	b = appendjson.Member(append(b, ','), "comune", at.Comune)
	b = appendjson.Member(append(b, ','), "comune_name", comuneName(at.Comune))
	if at.Zone != "" {
		b = appendjson.Member(append(b, ','), "zone", at.Zone)
	}
	if d.Premises {
		b = append(b, `,"premises":true`...)
	}
	if d.Interval > 0 {
		b = appendjson.Number(append(b, `,"interval_s":`...), d.Interval.Seconds())
	}
	if v.placed {
		b = appendjson.Number(append(b, `,"lat":`...), v.lat)
		b = appendjson.Number(append(b, `,"lon":`...), v.lon)
	}
	return b
}

func appendSeries(b []byte, series []latestSeries, only *schema.Measurement) []byte {
	first := true
	for i := range series {
		s := &series[i]
		if only != nil && s.measurement != only {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendOne(b, s)
	}
	return b
}

func appendOne(b []byte, s *latestSeries) []byte {
	b = appendjson.Member(append(b, '{'), "measurement", s.measurement.Name)
	if len(s.tags) > 0 {
		b = append(b, `,"tags":{`...)
		for i, t := range s.tags {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendjson.Member(b, t.Name, t.Value)
		}
		b = append(b, '}')
	}
	b = appendjson.Time(append(b, `,"time":`...), s.time)
	b = strconv.AppendUint(append(b, `,"q":`...), uint64(s.quality), 10)
	b = append(b, `,"fields":{`...)
	for i := range s.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendField(b, &s.fields[i].value)
	}
	return append(b, "}}"...)
}

func appendField(b []byte, v *ingest.FieldValue) []byte {
	b = append(appendjson.String(b, v.Field.Name), ':')
	switch v.Field.Type {
	case schema.Int:
		return strconv.AppendInt(b, v.Int, 10)
	case schema.Text:
		return appendjson.String(b, v.Text)
	default:
		return appendjson.Number(b, v.Float)
	}
}
