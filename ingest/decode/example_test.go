package decode_test

import (
	"fmt"

	"rione/ingest"
	"rione/ingest/decode"
)

func Example() {
	format, _ := decode.Lookup("native")
	decoder := format.New()
	var out ingest.Readings
	err := decoder.Decode(&ingest.Message{
		Topic:   "sc/v1/058091/air/villa-ada-1/up",
		Payload: []byte(`{"ts": 1763791200123, "seq": 17, "temp_c": 21.4, "mood": "good"}`),
	}, &out)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range out.All() {
		fmt.Println(r.Device, r.Measurement, r.Time, r.Seq, r.Values[0].Field, r.Values[0].Num)
	}
	fmt.Println("unknown:", out.Unknown)
	// Output:
	// villa-ada-1 air 2025-11-22 06:00:00.123 +0000 UTC 17 temp_c 21.4
	// unknown: [mood]
}
