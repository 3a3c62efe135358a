// Package ripeatlas decodes ping results of RIPE Atlas probes, one or an array.
//
// Specification: RIPE Atlas, "Data Structures (4460 to 5080)", ping. Times are in
// ms; -1 means that no packet came back; old firmware writes numbers as text.
//
// The device is the probe's id, the time when it started. Jitter is the mean
// difference between the times of successive replies. Addresses of the probe
// are not kept.
package ripeatlas

import (
	"math"
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// Decoder decodes ping results.
type Decoder struct{ json wire.Parser }

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of ping results.
func New() *Decoder { return &Decoder{} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.Parse(m.Payload)
	if err != nil {
		return err
	}
	if v.Type() != fastjson.TypeArray {
		d.result(v, out)
		return wire.Outcome(out)
	}
	for _, item := range v.GetArray() {
		d.result(item, out)
	}
	return wire.Outcome(out)
}

func (d *Decoder) result(v *fastjson.Value, out *ingest.Readings) {
	if kind := v.GetStringBytes("type"); string(kind) != "ping" && (kind != nil || !v.Exists("sent")) { // some exports leave it out
		wire.Refuse(out, ingest.UnknownField, "type", "only results of type ping are understood")
		return
	}
	r := out.Next()
	r.Measurement = "bb_probe"
	if id := v.Get("prb_id"); id != nil {
		r.Device = strings.Clone(d.json.Raw(id))
	}
	d.tags(r, v)
	if at := v.Get("timestamp"); at != nil && !wire.SetTime(r, d.json.Raw(at)) {
		wire.Refuse(out, ingest.WrongType, "timestamp", "Unix time is expected; the result is left out")
		out.Drop()
		return
	}
	d.json.Take(r, "sent", 0, v, "sent")
	d.json.Take(r, "rcvd", 0, v, "rcvd")
	sent, ok1 := d.json.Loose(v.Get("sent"))
	rcvd, ok2 := d.json.Loose(v.Get("rcvd"))
	if loss, ok := wire.Percent(sent-rcvd, sent); ok && ok1 && ok2 {
		r.Number("loss_pct", loss, 0)
	}
	for _, f := range [...][2]string{{"rtt_min_ms", "min"}, {"rtt_avg_ms", "avg"}, {"rtt_max_ms", "max"}} {
		switch ms, ok := d.json.Loose(v.Get(f[1])); {
		case ok && ms >= 0:
			r.Number(f[0], ms, 0)
		case ok:
			wire.Absent(out, f[0], ms)
		}
	}
	if jitter, ok := d.jitter(v.GetArray("result")); ok {
		r.Number("jitter_ms", jitter, 0)
	}
	if len(r.Values) == 0 {
		out.Drop()
	}
}

// tags adds what was probed, by name where it had one.
func (d *Decoder) tags(r *ingest.Reading, v *fastjson.Value) {
	target := ""
	for _, name := range [...]string{"dst_name", "name", "dst_addr", "addr"} { // the short ones of firmware before 4460
		if target == "" {
			target = string(v.GetStringBytes(name))
		}
	}
	if target != "" {
		r.Tags = append(r.Tags, ingest.Tag{Name: "target", Value: target})
	}
	if af := v.Get("af"); af != nil {
		r.Tags = append(r.Tags, ingest.Tag{Name: "af", Value: strings.Clone(d.json.Raw(af))})
	}
}

func (d *Decoder) jitter(list []*fastjson.Value) (float64, bool) {
	var sum, last float64
	var n int
	for _, reply := range list {
		rtt, ok := d.json.Loose(reply.Get("rtt"))
		if !ok {
			continue // lost: {"x": "*"}
		}
		if n > 0 {
			sum += math.Abs(rtt - last)
		}
		last = rtt
		n++
	}
	if n < 2 {
		return 0, false
	}
	return sum / float64(n-1), true
}
