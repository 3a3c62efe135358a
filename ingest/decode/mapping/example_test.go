package mapping_test

import (
	"fmt"

	"rione/ingest"
	"rione/ingest/decode/mapping"
)

func Example() {
	m, err := mapping.Parse([]byte(`{
		"device": "/meter",
		"readings": [{"measurement": "water", "fields": {"level_m": {"path": "/probe/level", "unit": "cm"}}}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var out ingest.Readings
	if err := m.New().Decode(&ingest.Message{Payload: []byte(`{"meter": "tiber-1", "probe": {"level": 245}}`)}, &out); err != nil {
		fmt.Println(err)
		return
	}
	r := out.All()[0]
	fmt.Println(r.Device, r.Measurement, r.Values[0].Field, r.Values[0].Num, r.Values[0].Unit)
	// Output: tiber-1 water level_m 245 cm
}
