package bulkdata

import (
	"strings"

	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// parameter is what one parameter of TR-181 becomes.
type parameter struct {
	measurement, field string
	unit               quantity.Unit
	tech               string // tag tech of bb_link, "" where the path does not say
	status             bool   // the value is a status such as "Up"
	none               float64
	hasNone            bool // none stands for no measurement
}

const netIf = "net_if"

// kind returns the kind of an interface, the first part of its path.
func kind(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}

// noRate is what TR-181 reports for a rate that does not exist.
const noRate = 4294967295

// parameters holds the paths below "Device." that have a field; "*" stands for
// an instance.
var parameters = map[string]parameter{
	"Optical.Interface.*.OpticalSignalLevel":   link("rx_power_dbm", quantity.MilliDBm, "ftth"),
	"Optical.Interface.*.TransmitOpticalLevel": link("tx_power_dbm", quantity.MilliDBm, "ftth"),
	"Optical.Interface.*.Status":               up("ftth"),

	"XPON.ONU.*.ANI.*.Transceiver.*.RxPower":     link("rx_power_dbm", quantity.DeciDBm, "ftth"),
	"XPON.ONU.*.ANI.*.Transceiver.*.TxPower":     link("tx_power_dbm", quantity.DeciDBm, "ftth"),
	"XPON.ONU.*.ANI.*.Transceiver.*.Bias":        link("bias_ma", quantity.Microampere, "ftth"),
	"XPON.ONU.*.ANI.*.Transceiver.*.Temperature": without(-274, link("temp_c", quantity.Celsius, "ftth")),

	"DSL.Line.*.DownstreamNoiseMargin":   link("snr_down_db", quantity.DeciDecibel, ""),
	"DSL.Line.*.UpstreamNoiseMargin":     link("snr_up_db", quantity.DeciDecibel, ""),
	"DSL.Line.*.DownstreamMaxBitRate":    without(noRate, link("attain_down_kbps", 0, "")),
	"DSL.Line.*.Status":                  up(""),
	"DSL.Line.*.Stats.Total.ErroredSecs": link("errored_s", 0, ""),
	"DSL.Channel.*.DownstreamCurrRate":   without(noRate, link("sync_down_kbps", 0, "")),
	"DSL.Channel.*.UpstreamCurrRate":     without(noRate, link("sync_up_kbps", 0, "")),

	"FAST.Line.*.DownstreamNoiseMargin":   link("snr_down_db", quantity.DeciDecibel, ""),
	"FAST.Line.*.UpstreamNoiseMargin":     link("snr_up_db", quantity.DeciDecibel, ""),
	"FAST.Line.*.DownstreamMaxBitRate":    without(noRate, link("attain_down_kbps", 0, "")),
	"FAST.Line.*.Status":                  up(""),
	"FAST.Line.*.Stats.Total.ErroredSecs": link("errored_s", 0, ""),

	"XPON.ONU.*.ANI.*.Status":   up("ftth"),
	"Cellular.Interface.*.RSSI": {measurement: wire.DeviceMeasurement, field: "rssi_dbm"},

	"WiFi.Radio.*.Stats.Noise":            {measurement: "wifi_radio", field: "noise_dbm"},
	"WiFi.Radio.*.OperatingFrequencyBand": {measurement: "wifi_radio"}, // a tag, not a figure

	"WiFi.Radio.*.Channel": {measurement: "wifi_radio", field: "channel"},
}

// counters holds the members of an interface, which every kind of interface has
// alike.
var counters = map[string]parameter{
	"Stats.BytesReceived":  {measurement: netIf, field: "rx_bytes"},
	"Stats.BytesSent":      {measurement: netIf, field: "tx_bytes"},
	"Stats.ErrorsReceived": {measurement: netIf, field: "errors"},
	"Stats.ErrorsSent":     {measurement: netIf, field: "errors"},
	"Status":               {measurement: netIf, field: "up", status: true},
	"CurrentBitRate":       {measurement: netIf, field: "speed_mbps"},
}

func link(field string, unit quantity.Unit, tech string) parameter {
	return parameter{measurement: "bb_link", field: field, unit: unit, tech: tech}
}

func up(tech string) parameter {
	p := link("up", 0, tech)
	p.status = true
	return p
}

func without(none float64, p parameter) parameter {
	p.none, p.hasNone = none, true
	return p
}

// interfaceParameter returns what a member of Device.{type}.Interface.{i} (or
// Link, SSID) becomes, by its pattern.
func interfaceParameter(pattern string) (parameter, bool) {
	parts := strings.SplitN(pattern, ".", 4)
	if len(parts) < 4 || parts[2] != "*" {
		return parameter{}, false
	}
	switch parts[1] {
	case "Interface", "Link", "SSID":
		p, ok := counters[parts[3]]
		return p, ok
	}
	return parameter{}, false
}

// tags returns the tags of the object that a parameter is of.
func (p parameter) tags(path, instances string) []ingest.Tag {
	switch p.measurement {
	case netIf:
		return []ingest.Tag{{Name: "ifname", Value: strings.ToLower(kind(path)) + "-" + instances}}
	case wire.DeviceMeasurement:
		return nil
	case "wifi_radio":
		return []ingest.Tag{{Name: "radio", Value: instances}}
	}
	if p.tech == "" {
		return []ingest.Tag{{Name: "line", Value: instances}}
	}
	return []ingest.Tag{{Name: "tech", Value: p.tech}, {Name: "line", Value: instances}}
}
