package script_test

import (
	"os"
	"path/filepath"
	"testing"

	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/decode/script"
)

const uplink = `{"deviceInfo": {"devEui": "1000000000000001", "deviceProfileName": "Acme Meter 3"}, "fCnt": 9, "fPort": 2, "data": "AQI=", "rxInfo": [{"rssi": -90, "snr": 7}]}`

// TestUplink decodes an uplink whose bytes only a vendor's codec understands.
func TestUplink(t *testing.T) {
	f := func(source string, want map[string]float64, refused string) {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "acme-meter.js"), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := script.New(script.Options{Command: []string{os.Args[0], "run-as-script-host"}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }() // the child is killed
		l, err := script.Open(dir, r)
		if err != nil {
			t.Fatal(err)
		}
		format, _ := decode.Options{Scripts: l}.Lookup("chirpstack")
		var out ingest.Readings
		if err := format.New().Decode(&ingest.Message{Payload: []byte(uplink)}, &out); err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, reading := range out.All() {
			for _, v := range reading.Values {
				got[v.Field] = v.Num
			}
		}
		for field, v := range want {
			if got[field] != v {
				t.Errorf("%s = %v; want %v", field, got[field], v)
			}
		}
		switch {
		case refused == "" && len(out.Refused) > 0, len(got) != len(want):
			t.Errorf("%v, refused %v", got, out.Refused)
		case refused != "" && (len(out.Refused) != 1 || out.Refused[0].Detail != refused):
			t.Errorf("refused %v; want %s", out.Refused, refused)
		}
	}
	f(`function decodeUplink(i) { return {data: {temperature: 20 + i.bytes[1] / 10, battery: 80, mood: "good"}} }`,
		map[string]float64{"temp_c": 20.2, "battery_pct": 80, "rssi_dbm": -90, "snr_db": 7, "fcnt": 9}, "")
	f(`function decodeUplink(i) { throw "port " + i.fPort }`,
		map[string]float64{"rssi_dbm": -90, "snr_db": 7, "fcnt": 9}, "codec acme-meter: port 2")
}
