package scrub

// formats holds, for the formats that carry what belongs to persons, what their
// decoders read. It is written beside the decoders and checked against them:
// every vector must decode alike with and without scrubbing.
var formats = map[string]rule{
	"ucentral":   ucentralMessage{},
	"netjson":    netjson,
	"tr369-bulk": object{"Report": list{report{}}},
	"tr471":      tr471,
	"ndt7":       ndt7,
	"ripe-atlas": either{list{ping}, ping},
}

var keep scalar

// keepAll lists members that are single values.
func keepAll(names ...string) object {
	o := object{}
	for _, name := range names {
		o[name] = keep
	}
	return o
}

// with returns o and more members.
func (o object) with(more object) object {
	for name, r := range more {
		o[name] = r
	}
	return o
}

// uCentral: of an association its signal, of a session at the captive portal
// its status. Interfaces list neighbours and leases as clients, which no
// decoder reads.
var (
	ucentralState = object{
		"unit": keepAll("localtime", "uptime").with(object{
			"cpu_load": list{keep}, "temperature": list{keep},
			"memory": keepAll("total", "free", "buffered", "cached"),
		}),
		"radios": list{keepAll("channel", "channel_width", "chanUtil", "tx_power", "noise", "active_ms", "busy_ms").with(object{
			"band": either{list{keep}, keep}, "frequency": list{keep},
			"survey": list{keepAll("frequency", "noise", "time", "busy")},
		})},
		"interfaces": list{keepAll("name").with(object{
			"counters": keepAll("rx_bytes", "tx_bytes", "rx_errors", "tx_errors"),
			"captive":  captive,
			"ssids": list{keepAll("ssid", "band").with(object{
				"radio":        keepAll("$ref"),
				"associations": list{keepAll("rssi")},
				"counters":     keepAll("rx_bytes", "tx_bytes", "tx_retries"),
			})},
		})},
		"captive":    captive,
		"link-state": object{"upstream": ports, "downstream": ports, "wan": ports, "lan": ports},
	}
	captive = nobodies{keepAll("status")}
	ports   = named{keepAll("carrier", "speed")}

	// A message names its access point beside the state, or is a state alone.
	ucentralBody = keepAll("serial", "uuid", "sanity").with(object{"state": ucentralState}).with(ucentralState)
)

// NetJSON: clients are counted; leases, neighbours and addresses are not read.
var netjson = keepAll("type").with(object{
	"general": keepAll("local_time", "uptime"),
	"resources": keepAll("cpus").with(object{
		"cpu": keepAll("idle"), "load": list{keep},
		"memory": keepAll("total", "available", "free", "buffered", "cached", "cache"),
	}),
	"interfaces": list{keepAll("name", "type", "up", "speed").with(object{
		"statistics": keepAll("rx_bytes", "tx_bytes", "rx_errors", "tx_errors"),
		"wireless": keepAll("mode", "frequency", "channel", "ssid", "htmode", "noise", "tx_power").with(object{
			"clients": list{object{}},
		}),
		"mobile": object{"signal": object{"5g": signal, "lte": signal, "umts": signal, "gsm": signal}},
	})},
})

var signal = keepAll("rssi", "snr")

// Measurements of lines carry the addresses of the homes that they serve. What
// was probed is kept, where it was probed from is not.
var (
	tr471 = keepAll("ErrorStatus").with(object{
		"Input": keepAll("Role"),
		"Output": keepAll("BOMTime").with(object{
			"Summary": keepAll("IPLayerCapacitySummary", "LossRatioSummary", "RTTMin", "PDVMax"),
			"AtMax":   keepAll("MaxIPLayerCapacity"),
		}),
	})
	figure = keepAll("Unit", "Value")
	speed  = keepAll("Unit", "Value").with(object{"Throughput": figure, "Latency": figure, "Retransmission": figure})
	test   = keepAll("Test").with(object{
		"AppInfo":  keepAll("NumBytes", "ElapsedTime"),
		"TCPInfo":  keepAll("BytesAcked", "BytesReceived", "ElapsedTime", "MinRTT", "BytesSent", "BytesRetrans"),
		"Download": speed, "Upload": speed, "DownloadRetrans": figure, "MinRTT": figure,
	})
	ndt7 = keepAll("Key").with(object{"Value": test}).with(test) // an event of the client, or what it holds
	ping = keepAll("type", "prb_id", "dst_name", "dst_addr", "name", "addr", "af", "timestamp", "sent", "rcvd", "min", "avg", "max").with(object{
		"result": list{keepAll("rtt")},
	})
)
