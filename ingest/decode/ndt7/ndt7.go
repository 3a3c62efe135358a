// Package ndt7 decodes speed tests of M-Lab's ndt7: the measurement messages of
// the protocol, and the summary that the reference client prints.
//
// Specification: m-lab/ndt-server, spec/ndt7-protocol.md (times in µs);
// m-lab/ndt7-client-go, events and summary. A test names no device: the route does.
// Addresses of the client are not kept.
package ndt7

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Decoder decodes ndt7 results.
type Decoder struct{ json wire.Parser }

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of ndt7 results.
func New() *Decoder { return &Decoder{} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	if inner := v.Get("Value"); v.Exists("Key") && wire.IsObject(inner) { // an event that the client prints
		v = inner
	}
	switch {
	case v.Exists("AppInfo") || v.Exists("TCPInfo"):
		d.measurement(v, direction(string(v.GetStringBytes("Test")), m.Topic), out)
	case v.Exists("Download", "Value") || v.Exists("Upload", "Value"):
		d.summary(v, "down", [][2]string{{"capacity_mbps", "Download"}, {"rtt_min_ms", "MinRTT"}, {"loss_pct", "DownloadRetrans"}}, out)
		d.summary(v, "up", [][2]string{{"capacity_mbps", "Upload"}}, out)
	default:
		figures := [][2]string{{"capacity_mbps", "Throughput"}, {"rtt_min_ms", "Latency"}, {"loss_pct", "Retransmission"}}
		d.summary(v.Get("Download"), "down", figures, out)
		d.summary(v.Get("Upload"), "up", figures, out)
	}
	return wire.Outcome(out)
}

// direction returns what the test is called, by itself or by the last level of
// the path that the protocol gives it (/ndt/v7/download), "" where neither says.
func direction(test, path string) string {
	if test == "" {
		test = path[strings.LastIndexByte(path, '/')+1:]
	}
	switch test {
	case "download":
		return "down"
	case "upload":
		return "up"
	}
	return ""
}

func reading(dir string, out *ingest.Readings) *ingest.Reading {
	r := out.Next()
	r.Measurement = "bb_speed"
	if dir != "" {
		r.Tags = append(r.Tags, ingest.Tag{Name: "dir", Value: dir})
	}
	r.Tags = append(r.Tags, ingest.Tag{Name: "method", Value: "ndt7"})
	return r
}

// measurement adds one measurement message: bytes over time by the application,
// or by the kernel where the application does not say.
func (d *Decoder) measurement(v *fastjson.Value, dir string, out *ingest.Readings) {
	r := reading(dir, out)
	tcp := v.Get("TCPInfo")
	if !d.rate(r, v.Get("AppInfo", "NumBytes"), v.Get("AppInfo", "ElapsedTime")) {
		moved := "BytesAcked" // what the server sent
		if dir == "up" {
			moved = "BytesReceived"
		}
		d.rate(r, tcp.Get(moved), tcp.Get("ElapsedTime"))
	}
	d.json.Take(r, "rtt_min_ms", quantity.Microsecond, tcp, "MinRTT")
	sent, ok1 := d.json.Float(tcp.Get("BytesSent"))
	again, ok2 := d.json.Float(tcp.Get("BytesRetrans"))
	if loss, ok := wire.Percent(again, sent); ok && ok1 && ok2 {
		r.Number("loss_pct", loss, 0)
	}
	if len(r.Values) == 0 {
		out.Drop()
	}
}

// rate adds the capacity: bits in a µs are Mbit/s.
func (d *Decoder) rate(r *ingest.Reading, bytes, elapsed *fastjson.Value) bool {
	n, ok1 := d.json.Float(bytes)
	us, ok2 := d.json.Float(elapsed)
	if !ok1 || !ok2 || us <= 0 {
		return false
	}
	r.Number("capacity_mbps", 8*n/us, 0)
	return true
}

// summary adds one direction of the reference client's summary, whose figures
// come with their units; the members of each field are given, since releases up
// to 0.6 had those of both directions side by side.
func (d *Decoder) summary(v *fastjson.Value, dir string, figures [][2]string, out *ingest.Readings) {
	if !wire.IsObject(v) {
		return
	}
	r := reading(dir, out)
	for _, f := range figures {
		if !v.Exists(f[1]) {
			continue
		}
		symbol := string(v.GetStringBytes(f[1], "Unit"))
		unit, ok := quantity.Parse(symbol)
		if !ok {
			wire.RefuseUnit(out, f[1], symbol)
			continue
		}
		d.json.Take(r, f[0], unit, v, f[1], "Value")
	}
	if len(r.Values) == 0 {
		out.Drop()
	}
}
