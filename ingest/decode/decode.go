// Package decode lists the formats that rione understands. Each has a folder
// here and turns the messages of one ecosystem into readings; none knows the
// registry, converts a unit or decides a time.
package decode

import (
	"rione/ingest"
	"rione/ingest/decode/bulkdata"
	"rione/ingest/decode/cayennelpp"
	"rione/ingest/decode/chirpstack"
	"rione/ingest/decode/native"
	"rione/ingest/decode/netjson"
	"rione/ingest/decode/senml"
	"rione/ingest/decode/tts"
	"rione/ingest/decode/ucentral"
)

// Format is one kind of message that rione understands.
type Format struct {
	Name          string // as routes and commands write it
	Title         string
	Specification string // where the format is defined
	Topics        string // where its ecosystem publishes, "" where the route must say
	Yields        string // measurements that come of it
	New           func() ingest.Decoder
}

// Formats returns every format, in the order of the documentation.
func Formats() []Format {
	return []Format{
		{
			Name: "native", Title: "rione's own devices: flat JSON, backlogs, SenML",
			Specification: "ingest/decode/native, RFC 8428",
			Topics:        "sc/v1/{comune}/{kind}/{device_id}/{up|state|meta|event}",
			Yields:        "the kind's measurement and any other by name, device, event",
			New:           func() ingest.Decoder { return native.New() },
		}, {
			Name: "senml", Title: "SenML in JSON",
			Specification: "RFC 8428, RFC 8798", Yields: "any measurement by name",
			New: func() ingest.Decoder { return senml.New() },
		}, {
			Name: "senml-cbor", Title: "SenML in CBOR",
			Specification: "RFC 8428 section 6, RFC 8798", Yields: "any measurement by name",
			New: func() ingest.Decoder { return senml.New() },
		}, {
			Name: "chirpstack", Title: "ChirpStack v4 events in JSON",
			Specification: "ChirpStack documentation, Event types",
			Topics:        "application/+/device/+/event/+",
			Yields:        "the kind's measurement, device, event",
			New:           func() ingest.Decoder { return chirpstack.New() },
		}, {
			Name: "tts", Title: "The Things Stack v3",
			Specification: "The Things Stack documentation, Data Formats",
			Topics:        "v3/+/devices/+/{up|join|location/solved}",
			Yields:        "the kind's measurement, device, event",
			New:           func() ingest.Decoder { return tts.New() },
		}, {
			Name: "cayennelpp", Title: "Cayenne Low Power Payload, raw bytes",
			Specification: "myDevices Cayenne LPP; ElectronicCats/CayenneLPP",
			Yields:        "the kind's measurement",
			New:           func() ingest.Decoder { return cayennelpp.New() },
		}, {
			Name: "ucentral", Title: "OpenWiFi uCentral state and healthcheck",
			Specification: "wlan-ucentral-schema state; wlan-cloud-ucentralgw PROTOCOL.md",
			Yields:        "wifi_ap, wifi_radio, wifi_ssid, net_if",
			New:           func() ingest.Decoder { return ucentral.New() },
		}, {
			Name: "netjson", Title: "OpenWISP monitoring, NetJSON DeviceMonitoring",
			Specification: "netjson.org; openwisp-monitoring REST API",
			Topics:        "/api/v1/monitoring/device/{id}/",
			Yields:        "wifi_ap, wifi_radio, wifi_ssid, net_if",
			New:           func() ingest.Decoder { return netjson.New() },
		}, {
			Name: "tr369-bulk", Title: "TR-369 and TR-069 bulk data in JSON",
			Specification: "TR-369 Bulk Data Collection; TR-181 2.19",
			Yields:        "bb_link, net_if, wifi_radio",
			New:           func() ingest.Decoder { return bulkdata.New() },
		},
	}
}

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
