// Package netjson decodes NetJSON DeviceMonitoring objects as OpenWISP's agents
// post them to /api/v1/monitoring/device/{id}/?time=….
//
// Specification: netjson.org, DeviceMonitoring; openwisp-monitoring,
// device/schema.py and docs/user/rest-api.rst. The agent exchanges rx and tx of
// access-point interfaces, so that they are the users' (openwrt-openwisp-
// monitoring, wifi.lua: needs_inversion); here they are the interface's again.
//
// A modem's signal becomes one of the measurement device.
//
// The device is the id in the path. The time is the path's, else the device's
// clock. Clients are counted; addresses, leases, neighbours and host names are
// not read, and members never listed as unknown.
package netjson

import (
	"net/url"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// Decoder decodes NetJSON DeviceMonitoring.
type Decoder struct {
	json   wire.Parser
	public wire.Names
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of NetJSON DeviceMonitoring. Networks have readings of
// their own if they are among the public ones; the clients of all are counted.
func New(public wire.Names) *Decoder { return &Decoder{public: public} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	if kind := string(v.GetStringBytes("type")); kind != "DeviceMonitoring" {
		return &ingest.Refusal{Reason: ingest.UnknownField, Field: "type", Detail: "only DeviceMonitoring objects carry readings"}
	}
	s := report{p: &d.json, v: v, out: out, public: d.public}
	s.device, s.at, s.resolution = fromPath(m.Topic)
	if seconds, ok := d.json.Uint(v.Get("general", "local_time")); ok && s.at.IsZero() {
		s.at, s.resolution = time.Unix(int64(seconds), 0).UTC(), time.Second
	}
	s.decode()
	return wire.Outcome(out)
}

const pathPrefix = "/api/v1/monitoring/device/"

// fromPath returns the device and the time that OpenWISP's URL carries.
func fromPath(path string) (device string, at time.Time, resolution time.Duration) {
	path, query, _ := strings.Cut(path, "?")
	if _, rest, ok := strings.Cut(path, pathPrefix); ok {
		device, _, _ = strings.Cut(rest, "/")
		device = strings.ToLower(device)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return device, time.Time{}, 0
	}
	at, err = time.Parse("02-01-2006_15:04:05", values.Get("time")) // with any fraction
	if err != nil {
		return device, time.Time{}, 0
	}
	return device, at, time.Microsecond
}

// report is one object being decoded.
type report struct {
	p          *wire.Parser
	v          *fastjson.Value
	out        *ingest.Readings
	public     wire.Names
	device     string
	at         time.Time
	resolution time.Duration
	frequency  []float64 // MHz of the radios met so far
}

func (s *report) decode() {
	s.unit()
	for _, face := range s.v.GetArray("interfaces") {
		name := string(face.GetStringBytes("name"))
		if name == "" || name == "lo" || string(face.GetStringBytes("type")) == "loopback" {
			continue
		}
		w := face.Get("wireless")
		s.netIf(face, name, isAccessPoint(w))
		if wire.IsObject(w) {
			s.wireless(face, w)
		}
		s.mobile(face.Get("mobile", "signal"))
	}
}

func isAccessPoint(w *fastjson.Value) bool {
	return string(w.GetStringBytes("mode")) == "access_point"
}

func (s *report) reading(measurement string, tags ...ingest.Tag) *ingest.Reading {
	r := s.out.Next()
	r.Device, r.Measurement, r.Time, r.Resolution = s.device, measurement, s.at, s.resolution
	for _, t := range tags {
		if t.Value != "" {
			r.Tags = append(r.Tags, t)
		}
	}
	return r
}

func (s *report) keep(r *ingest.Reading) {
	if len(r.Values) == 0 {
		s.out.Drop()
	}
}
