package netjson

import (
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
	"rione/ingest/decode/wire"
)

// public are the networks of the vectors.
var public = wire.Names{"CittaWiFi", "Uffici"}

func decoder() ingest.Decoder { return New(public) }

func TestVectors(t *testing.T) { decodetest.Run(t, decoder) }

func TestBombs(t *testing.T) { decodetest.Bombs(t, New(public), "") }

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, decoder, "/api/v1/monitoring/device/1/?time=22-11-2025_06:00:00.1")
}

// TestPrivateNetworks decodes every vector without a list of public networks:
// no name of a network is left, and clients are still counted by band.
func TestPrivateNetworks(t *testing.T) {
	counted := false
	for name, c := range decodetest.Cases(t, "testdata") {
		var out ingest.Readings
		_ = New(nil).Decode(&ingest.Message{Topic: c.Want.Topic, Payload: c.Payload}, &out)
		for _, r := range out.All() {
			if r.Measurement == "wifi_ssid" {
				t.Errorf("%s: %+v", name, r)
			}
			counted = counted || r.Measurement == "wifi_radio" && r.Values[0].Field == "clients" && r.Values[0].Num > 0
		}
	}
	if !counted {
		t.Error("no clients are counted by band")
	}
}
