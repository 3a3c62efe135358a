package alias

import (
	"math"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// FuzzCollect gives a collector objects with any keys. What it takes must be of a
// field, in a unit that is known or the field's own, and stand there once.
func FuzzCollect(f *testing.F) {
	for _, object := range []string{
		`{"temperature": 21.4, "humidity": "48 %", "distance": {"value": 120, "unit": "cm"}, "mood": 3}`,
		`{"temperatureSensor": {"3": 27.2, "1": 25.5}, "gpsLocation": {"1": {"latitude": 41.9, "longitude": 12.5}}}`,
		`{"data": {"values": {"payload": {"decoded": {"fields": {"temperature": 1}}}}}}`,
		`{"TempC_DS": 327.67, "battery": "3600 mV", "occupied": "free", "lit": true}`,
	} {
		f.Add([]byte(object))
	}
	var c Collector
	var p wire.Parser
	f.Fuzz(func(t *testing.T, payload []byte) {
		v, err := p.ParseObject(payload)
		if err != nil {
			return
		}
		var out ingest.Readings
		c.Reset()
		c.Collect(&p, v.GetObject(), &out)
		for i, list := range [][]ingest.Value{c.Main, c.Device} {
			seen := map[string]bool{}
			for _, v := range list {
				field := wire.Field(nil, v.Field)
				if i == 1 {
					field = wire.DeviceField(v.Field)
				}
				if field == nil || seen[v.Field] || math.IsNaN(v.Num) || math.IsInf(v.Num, 0) {
					t.Fatalf("%+v", v)
				}
				seen[v.Field] = true
			}
		}
		if at := c.Position(); at != nil && at.Check() != nil {
			t.Fatalf("it is nowhere: %v", at)
		}
	})
}
