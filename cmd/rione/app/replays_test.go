package app

import (
	"fmt"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// A restatement takes a device's windows away with its readings, in every store,
// and nobody else's.
func TestRestatementDeletesWindows(t *testing.T) {
	server := influxtest.Start(t)
	client := server.Client()
	w, err := influx.NewWriter(client)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	held := map[string]string{ // bucket without its target's name, and a measurement in it
		"": "air", "_movers": "air", "_1h": "air_1h", "_1d": "air_1d",
	}
	var all everywhere
	for _, target := range []string{"city", "palermo"} {
		all.stores = append(all.stores, storeTarget{name: target, bucket: target, client: client})
		for suffix, measurement := range held {
			server.Buckets(target + suffix)
			b := influx.NewBatch()
			for _, device := range []string{"moved-1", "stays-1"} {
				for h := range 3 {
					b.AddLine(fmt.Appendf(nil, "%s,device_id=%s v=1 %d", measurement, device, at.Add(time.Duration(h)*time.Hour).UnixNano()))
				}
			}
			if rejects, err := w.Write(t.Context(), target+suffix, b); err != nil || len(rejects) > 0 {
				t.Fatal(rejects, err)
			}
		}
	}
	if err := all.Delete(t.Context(), "moved-1", at.Add(time.Hour), at.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, target := range all.stores {
		for suffix, measurement := range held {
			for device, want := range map[string]int{"moved-1": 2, "stays-1": 3} {
				s, err := client.Query(t.Context(), target.bucket+suffix, fmt.Sprintf("SELECT v FROM %s WHERE device_id = '%s'", measurement, device))
				if err != nil || len(s) != 1 || len(s[0].Values) != want {
					t.Errorf("%s%s: %s has %v, %v; want %d points", target.bucket, suffix, device, s, err, want)
				}
			}
		}
	}
}
