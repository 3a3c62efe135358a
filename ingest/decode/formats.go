package decode

import (
	"rione/ingest"
	"rione/ingest/decode/bulkdata"
	"rione/ingest/decode/cayennelpp"
	"rione/ingest/decode/chirpstack"
	"rione/ingest/decode/native"
	"rione/ingest/decode/ndt7"
	"rione/ingest/decode/netjson"
	"rione/ingest/decode/ngsi"
	"rione/ingest/decode/ripeatlas"
	"rione/ingest/decode/senml"
	"rione/ingest/decode/sensorcommunity"
	"rione/ingest/decode/sensorthings"
	"rione/ingest/decode/sparkplug"
	"rione/ingest/decode/tasmota"
	"rione/ingest/decode/tr471"
	"rione/ingest/decode/tts"
	"rione/ingest/decode/ucentral"
	"rione/ingest/decode/zigbee2mqtt"
)

// openFormats are those that any device can speak.
func openFormats() []Format {
	return []Format{
		{
			Name: "native", Title: "rione's own devices: flat JSON, backlogs, SenML",
			Specification: "the contract of data (ingest/decode/native); RFC 8428",
			Topics:        "sc/v1/{comune}/{kind}/{device_id}/{up|state|meta|event}",
			Yields:        "the kind's measurement, any other by name, device, event",
			New:           func() ingest.Decoder { return native.New() },
		}, {
			Name: "senml", Title: "SenML in JSON",
			Specification: "RFC 8428, RFC 8798",
			Yields:        "any measurement by name",
			New:           func() ingest.Decoder { return senml.New() },
		}, {
			Name: "senml-cbor", Title: "SenML in CBOR",
			Specification: "RFC 8428 section 6, RFC 8798",
			Yields:        "any measurement by name",
			New:           func() ingest.Decoder { return senml.New() },
		},
	}
}

// networkFormats are those of radio networks, access points and broadband.
func (o Options) networkFormats() []Format {
	return []Format{
		{
			Name: "chirpstack", Title: "ChirpStack v4 events in JSON",
			Specification: "ChirpStack documentation, Event types",
			Topics:        "application/+/device/+/event/+",
			Yields:        "the kind's measurement, device, event",
			New:           func() ingest.Decoder { return chirpstack.New(o.Scripts) },
		}, {
			Name: "tts", Title: "The Things Stack v3, MQTT and webhooks",
			Specification: "The Things Stack documentation, Data Formats",
			Topics:        "v3/+/devices/+/{up|join|location/solved}",
			Yields:        "the kind's measurement, device, event",
			New:           func() ingest.Decoder { return tts.New(o.Scripts) },
		}, {
			Name: "cayennelpp", Title: "Cayenne Low Power Payload, raw bytes",
			Specification: "myDevices Cayenne LPP; ElectronicCats/CayenneLPP",
			Yields:        "the kind's measurement",
			New:           func() ingest.Decoder { return cayennelpp.New() },
		}, {
			Name: "ucentral", Title: "OpenWiFi access points: uCentral state and healthcheck",
			Specification: "wlan-ucentral-schema, state; wlan-cloud-ucentralgw, PROTOCOL.md",
			Yields:        "wifi_ap, wifi_radio, wifi_ssid, net_if",
			New:           func() ingest.Decoder { return ucentral.New(o.PublicNetworks) },
		}, {
			Name: "netjson", Title: "OpenWISP monitoring: NetJSON DeviceMonitoring",
			Specification: "netjson.org; openwisp-monitoring, REST API",
			Topics:        "/api/v1/monitoring/device/{id}/",
			Yields:        "wifi_ap, wifi_radio, wifi_ssid, net_if, device",
			New:           func() ingest.Decoder { return netjson.New(o.PublicNetworks) },
		}, {
			Name: "tr369-bulk", Title: "TR-369 and TR-069 bulk data in JSON",
			Specification: "TR-369, Bulk Data Collection; TR-181 2.19",
			Yields:        "bb_link, net_if, wifi_radio, device",
			New:           func() ingest.Decoder { return bulkdata.New() },
		}, {
			Name: "tr471", Title: "IP-layer capacity tests of UDPST",
			Specification: "TR-471; obudpst",
			Yields:        "bb_speed",
			New:           func() ingest.Decoder { return tr471.New() },
		}, {
			Name: "ripe-atlas", Title: "RIPE Atlas ping results",
			Specification: "RIPE Atlas, Data Structures",
			Yields:        "bb_probe",
			New:           func() ingest.Decoder { return ripeatlas.New() },
		}, {
			Name: "ndt7", Title: "M-Lab speed tests",
			Specification: "m-lab/ndt-server, ndt7-protocol.md",
			Yields:        "bb_speed",
			New:           func() ingest.Decoder { return ndt7.New() },
		},
	}
}

// platformFormats are those of platforms, hobby firmware and industry.
func platformFormats() []Format {
	return []Format{
		{
			Name: "ngsiv2", Title: "FIWARE NGSIv2 entities, normalized and key-values",
			Specification: "FIWARE-NGSI v2; Smart Data Models",
			Yields:        "air, noise, weather, water, parking, light, bin, traffic, people, device",
			New:           func() ingest.Decoder { return ngsi.New() },
		}, {
			Name: "ngsi-ld", Title: "FIWARE NGSI-LD entities",
			Specification: "ETSI GS CIM 009; Smart Data Models",
			Yields:        "air, noise, weather, water, parking, light, bin, traffic, people, device",
			New:           func() ingest.Decoder { return ngsi.New() },
		}, {
			Name: "sensor-community", Title: "sensor.community stations and public API",
			Specification: "airrohr firmware; sensor.community API",
			Yields:        "air (grade indicative), noise, device",
			New:           func() ingest.Decoder { return sensorcommunity.New() },
		}, {
			Name: "tasmota", Title: "Tasmota telemetry",
			Specification: "Tasmota documentation, MQTT",
			Topics:        "tele/+/{SENSOR|STATE|LWT}",
			Yields:        "the kind's measurement, device",
			New:           func() ingest.Decoder { return tasmota.New() },
		}, {
			Name: "zigbee2mqtt", Title: "Zigbee2MQTT devices",
			Specification: "zigbee2mqtt.io, MQTT Topics and Messages",
			Topics:        "zigbee2mqtt/#",
			Yields:        "the kind's measurement, device",
			New:           func() ingest.Decoder { return zigbee2mqtt.New() },
		}, {
			Name: "sensorthings", Title: "OGC SensorThings observations",
			Specification: "OGC 18-088, section 14",
			Topics:        "v1.1/Observations, v1.1/Datastreams({id})/Observations",
			Yields:        "the kind's measurement, device",
			New:           func() ingest.Decoder { return sensorthings.New() },
		}, {
			Name: "sparkplug-b", Title: "Sparkplug B births, data and deaths",
			Specification: "Eclipse Sparkplug 3.0.0",
			Topics:        "spBv1.0/#",
			Yields:        "the kind's measurement, device",
			New:           func() ingest.Decoder { return sparkplug.New() },
		},
	}
}
