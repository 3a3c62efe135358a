package lorawan

import (
	"encoding/base64"
	"math"
	"testing"
	"time"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// FuzzBuild gives a builder uplinks of every sort, with what a network server or a
// codec may say of them: a builder must refuse or read, and keep nothing that no
// field takes. One builder serves all, as it does in a decoder.
func FuzzBuild(f *testing.F) {
	f.Add([]byte(`{"temperature": 21.4, "battery": {"value": 3.6, "unit": "V"}, "gps_1": {"latitude": 41.9, "longitude": 12.5}}`), []byte(nil), "", uint64(1))
	f.Add([]byte(`{}`), []byte{0x01, 0x75, 0x64, 0x03, 0x67, 0xfa, 0x00, 0x20, 0xce, 0, 0xf1, 0x53, 0x65, 0xe6, 0, 0x64, 0}, "EM300-TH", uint64(85))
	f.Add([]byte(`[{"time": "2024-05-01T10:00:00Z", "air": {"temperature": 21}, "battery": 3.2}, {"wind": {"speed": 3}}]`), []byte(nil), "", uint64(2))
	f.Add([]byte(nil), []byte{2, 0, 1, 0, 1, 0x0c, 0x25}, "DL-PM", uint64(1))
	f.Add([]byte(`{"location": {"lat": "x"}}`), []byte{1}, "Bosch parking", uint64(3))
	var b Builder
	var p wire.Parser
	f.Fuzz(func(t *testing.T, object, data []byte, model string, port uint64) {
		u := Uplink{
			Device: "0101010101010101", Time: Stamp{time.Unix(1_700_000_000, 0), time.Second}, Port: port, Counter: port,
			Data: base64.StdEncoding.EncodeToString(data), Models: []string{model},
		}
		if v, err := p.Parse(object); err == nil && v.Type() == fastjson.TypeArray {
			u.Normalized = v.GetArray()
		} else if err == nil {
			u.Object = v.GetObject()
		}
		var out ingest.Readings
		if err := b.Build(&p, &u, &out); err != nil {
			t.Fatalf("an uplink always has its counter: %v", err)
		}
		for _, r := range out.All() {
			if r.Device != u.Device || len(r.Values) == 0 && r.Position == nil {
				t.Fatalf("%+v", r)
			}
			if r.Position != nil && (r.Position.Check() != nil || math.IsNaN(r.Position.Lat)) && u.Object != nil && len(u.Object.String()) > 2 {
				t.Fatalf("it is nowhere: %v", r.Position)
			}
			for _, v := range r.Values {
				if v.Field == "" || math.IsNaN(v.Num) || math.IsInf(v.Num, 0) {
					t.Fatalf("no field takes %+v", v)
				}
			}
		}
	})
}
