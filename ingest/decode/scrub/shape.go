package scrub

import (
	"fmt"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// shape is what is kept of a message that nobody knows: its length, what kind of
// thing it is, and what it looks like. Neither values nor names of members are,
// since some names are people's addresses.
func shape(payload []byte) []byte {
	return refused(len(payload), ingest.Refuse(ingest.NoRoute, looks(payload)))
}

// marks are members that give a format away.
var marks = [...]struct{ member, format string }{
	{"deviceInfo", "chirpstack"}, {"end_device_ids", "tts"}, {"Report", "tr369-bulk"}, {"sensordatavalues", "sensor-community"},
	{"params", "ucentral"}, {"radios", "ucentral"}, {"prb_id", "ripe-atlas"}, {"phenomenonTime", "sensorthings"},
	{"Time", "tasmota"}, {"StatusSNS", "tasmota"}, {"linkquality", "zigbee2mqtt"}, {"TCPInfo", "ndt7"},
	{"@context", "ngsi-ld"}, {"dateObserved", "ngsiv2"}, {"bn", "senml"}, {"ts", "native"},
}

func looks(payload []byte) string {
	var p wire.Parser
	v, err := p.Parse(payload)
	if err != nil {
		return "not JSON"
	}
	what, o := "JSON "+v.Type().String(), v
	if list := v.GetArray(); len(list) > 0 {
		what, o = fmt.Sprintf("JSON array of %d", len(list)), list[0]
	}
	if o.Type() != fastjson.TypeObject {
		return what
	}
	if string(o.GetStringBytes("type")) == "DeviceMonitoring" {
		return what + " that looks like netjson"
	}
	for _, m := range marks {
		if o.Exists(m.member) {
			return what + " that looks like " + m.format
		}
	}
	return what
}
