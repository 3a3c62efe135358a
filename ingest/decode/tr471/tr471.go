// Package tr471 decodes the results of IP-layer capacity tests as UDPST
// (obudpst) writes them in JSON.
//
// Specification: Broadband Forum TR-471; TR-181
// IP.Diagnostics.IPLayerCapacityMetrics; obudpst, json_examples. Rates are in
// Mbit/s, times in seconds, losses are ratios.
//
// The capacity is the maximum that the test found, the other figures are of the
// whole test. A device that sends measures upwards. The result names no device:
// the route does. Its time is when the measurement began.
package tr471

import (
	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Decoder decodes results of TR-471.
type Decoder struct{ json wire.Parser }

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of results of TR-471.
func New() *Decoder { return &Decoder{} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	if status, ok := d.json.Loose(v.Get("ErrorStatus")); ok && status != 0 {
		return &ingest.Refusal{Reason: ingest.Empty, Field: "ErrorStatus", Detail: "the test failed and has no result"}
	}
	summary, most := v.Get("Output", "Summary"), v.Get("Output", "AtMax")
	r := out.Next()
	r.Measurement = "bb_speed"
	r.Tags = append(r.Tags, ingest.Tag{Name: "dir", Value: direction(string(v.GetStringBytes("Input", "Role")))}, ingest.Tag{Name: "method", Value: "tr471"})
	if r.Tags[0].Value == "" {
		r.Tags = r.Tags[1:]
	}
	if at := v.GetStringBytes("Output", "BOMTime"); len(at) > 0 && !wire.SetTime(r, wire.Text(at)) {
		out.Drop()
		return &ingest.Refusal{Reason: ingest.WrongType, Field: "BOMTime", Detail: "a date and time is expected"}
	}
	if !d.json.Take(r, "capacity_mbps", 0, most, "MaxIPLayerCapacity") {
		d.json.Take(r, "capacity_mbps", 0, summary, "IPLayerCapacitySummary")
	}
	d.json.Take(r, "loss_pct", quantity.One, summary, "LossRatioSummary")
	d.json.Take(r, "rtt_min_ms", quantity.Second, summary, "RTTMin")
	d.json.Take(r, "pdv_max_ms", quantity.Second, summary, "PDVMax")
	if len(r.Values) == 0 {
		out.Drop()
	}
	return wire.Outcome(out)
}

// direction is up for a device that sends the test's load, down for one that
// receives it.
func direction(role string) string {
	switch role {
	case "Sender":
		return "up"
	case "Receiver":
		return "down"
	}
	return ""
}
