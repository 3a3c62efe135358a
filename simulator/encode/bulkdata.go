package encode

import (
	"strconv"
	"time"

	"rione/simulator/signal"
)

// bulkdata is the bulk data report of a TR-369 agent in JSON, layout
// NameValuePair, over MQTT or HTTP (Broadband Forum TR-369, Bulk Data Collection;
// parameters and units of TR-181 2.19). A report names no device: the topic or
// the path does. Where both lead is the operator's choice in either protocol, so
// a city that is fed so needs a route for bulkdata/+ or /ingest/bulkdata/+.
type bulkdata struct{ direct }

var _ Format = bulkdata{}

func (bulkdata) Name() string            { return "tr369-bulk" }
func (bulkdata) Speaks(kind string) bool { return kind == "bb_node" }

// Carried implements Format: the agents' broker bridges them.
func (bulkdata) Carried() bool { return true }

// Resolution implements Format: CollectionTime is in seconds.
func (bulkdata) Resolution() time.Duration { return time.Second }

// Topic implements Format.
func (bulkdata) Topic(d *Device, _ uint64) string {
	if d.Pushed {
		return "/ingest/bulkdata/" + d.ID
	}
	return "bulkdata/" + d.ID
}

// parameter is where a field stands in TR-181, and in which unit.
type parameter struct {
	field, path string
	factor      float64
}

// Parameters of an optical line, of its transceiver, of a copper line and of
// the port behind either.
var (
	opticalLine = []parameter{
		{"rx_power_dbm", "Optical.Interface.1.OpticalSignalLevel", 1000},
		{"tx_power_dbm", "Optical.Interface.1.TransmitOpticalLevel", 1000},
	}
	transceiver = []parameter{
		{"bias_ma", "XPON.ONU.1.ANI.1.Transceiver.1.Bias", 1000},
		{"temp_c", "XPON.ONU.1.ANI.1.Transceiver.1.Temperature", 1},
	}
	copperLine = []parameter{
		{"snr_down_db", "DSL.Line.1.DownstreamNoiseMargin", 10},
		{"snr_up_db", "DSL.Line.1.UpstreamNoiseMargin", 10},
		{"attain_down_kbps", "DSL.Line.1.DownstreamMaxBitRate", 1},
		{"errored_s", "DSL.Line.1.Stats.Total.ErroredSecs", 1},
		{"sync_down_kbps", "DSL.Channel.1.DownstreamCurrRate", 1},
		{"sync_up_kbps", "DSL.Channel.1.UpstreamCurrRate", 1},
	}
	linePort = []parameter{
		{"rx_bytes", "Ethernet.Interface.1.Stats.BytesReceived", 1},
		{"tx_bytes", "Ethernet.Interface.1.Stats.BytesSent", 1},
		{"errors", "Ethernet.Interface.1.Stats.ErrorsReceived", 1},
		{"speed_mbps", "Ethernet.Interface.1.CurrentBitRate", 1},
	}
)

// Tags that the paths say.
var (
	opticalTags     = []signal.Tag{{Name: "tech", Value: "ftth"}, {Name: "line", Value: "1"}}
	transceiverTags = []signal.Tag{{Name: "tech", Value: "ftth"}, {Name: "line", Value: "1-1-1"}}
	copperTags      = []signal.Tag{{Name: "line", Value: "1"}}
	ethernetTags    = []signal.Tag{{Name: "ifname", Value: "ethernet-1"}}
)

// Trim implements Format: a transceiver is an object of its own, copper says no
// technology, and fibre counts no errored seconds.
func (bulkdata) Trim(rs *signal.Readings) {
	fibre := false
	for i := range rs.All() {
		r := &rs.All()[i]
		switch r.Measurement {
		case "net_if":
			r.Tags = ethernetTags
		case "bb_link":
			fibre = tag(r, "tech") == "ftth"
			r.Tags = copperTags
			if fibre {
				r.Tags = opticalTags
			}
		}
	}
	if fibre {
		splitTransceiver(rs)
	}
}

func splitTransceiver(rs *signal.Readings) {
	rs.Filter(func(measurement, field string) bool { return measurement != "bb_link" || field != "errored_s" })
	for i := range rs.All() {
		if rs.All()[i].Measurement != "bb_link" {
			continue
		}
		var line, box []signal.Value
		for _, v := range rs.All()[i].Values {
			if v.Field == "bias_ma" || v.Field == "temp_c" {
				box = append(box, v)
			} else {
				line = append(line, v)
			}
		}
		rs.All()[i].Values = line
		rs.Add("bb_link", transceiverTags...).Values = box
		return
	}
}

// Append implements Format.
func (bulkdata) Append(dst []byte, m *Message) []byte {
	dst = strconv.AppendInt(append(dst, `{"Report":[{"CollectionTime":`...), m.Time.Unix(), 10)
	for i := range m.Readings {
		r := &m.Readings[i]
		switch {
		case r.Measurement == "net_if":
			dst = appendParameters(dst, r, linePort)
			dst = appendStatus(dst, r, "Ethernet.Interface.1.Status")
		case tag(r, "line") == "1-1-1":
			dst = appendParameters(dst, r, transceiver)
		case tag(r, "tech") == "ftth":
			dst = appendParameters(dst, r, opticalLine)
			dst = appendStatus(dst, r, "Optical.Interface.1.Status")
		default:
			dst = appendParameters(dst, r, copperLine)
			dst = appendStatus(dst, r, "DSL.Line.1.Status")
		}
	}
	return append(dst, "}]}"...)
}

func appendParameters(dst []byte, r *signal.Reading, list []parameter) []byte {
	out := members{dst, r}
	for _, p := range list {
		out.as("Device."+p.path, p.field, p.factor)
	}
	return out.dst
}

func appendStatus(dst []byte, r *signal.Reading, path string) []byte {
	up, ok := value(r, "up")
	switch {
	case !ok:
		return dst
	case up != 0:
		return appendString(appendKey(dst, "Device."+path), "Up")
	}
	return appendString(appendKey(dst, "Device."+path), "Down")
}
