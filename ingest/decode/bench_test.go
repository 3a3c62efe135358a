package decode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rione/ingest"
)

// BenchmarkFormats decodes one typical payload of each format. Figures in MB/s
// compare within a run only.
func BenchmarkFormats(b *testing.B) {
	typical := map[string]string{
		"native": "flat", "senml": "native-base", "senml-cbor": "rfc8428-ex5-cbor", "chirpstack": "object-air",
		"tts": "decoded", "cayennelpp": "all", "ucentral": "rrm-envelope", "netjson": "device-monitoring",
		"tr369-bulk": "optical", "tr471": "udpst-client-01", "ripe-atlas": "ping-ok", "ndt7": "download",
		"ngsiv2": "air-normalized", "ngsi-ld": "air-ngsi-ld", "sensor-community": "own-api", "tasmota": "bme280",
		"zigbee2mqtt": "lamp", "sensorthings": "expanded", "sparkplug-b": "dbirth-types",
	}
	for _, f := range Formats() {
		b.Run(f.Name, func(b *testing.B) {
			m := typicalMessage(b, filepath.Join(folder(f), "testdata", typical[f.Name]))
			d, out := f.New(), new(ingest.Readings)
			b.SetBytes(int64(len(m.Payload)))
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				if err := d.Decode(m, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func typicalMessage(b *testing.B, base string) *ingest.Message {
	b.Helper()
	var from struct {
		Topic string `json:"topic"`
	}
	expect, err := os.ReadFile(base + ".expect.json")
	if err == nil {
		err = json.Unmarshal(expect, &from)
	}
	files, _ := filepath.Glob(base + ".*")
	for _, file := range files {
		if payload, err := os.ReadFile(file); err == nil && !strings.Contains(file, ".expect.") {
			return &ingest.Message{Topic: from.Topic, Payload: payload}
		}
	}
	b.Fatalf("%s: no payload (%v)", base, err)
	return nil
}
