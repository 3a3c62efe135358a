package api

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/schema"
)

func TestStoreReadingsAtALevel(t *testing.T) {
	with, server := withInflux(t)
	server.Buckets("city_1h", "city_1d")
	r := newRig(t, nil, with, func(o *Options) {
		o.Retention = schema.Retention{Raw: 90 * 24 * time.Hour, Hourly: 5 * 365 * 24 * time.Hour}
		o.Now = func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }
	})
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	write := func(bucket, measurement string, mean float64) {
		b := influx.NewBatch()
		b.AddLine(fmt.Appendf(nil, "%s,comune=058091,device_id=air-1 temp_c_n=4i,temp_c_mean=%v,eaqi_max=2i,eaqi_n=1i %d", measurement, mean, at.UnixNano()))
		if _, err := w.Write(t.Context(), bucket, b); err != nil {
			t.Fatal(err)
		}
	}
	write("city_1h", "air_15m", 1)
	write("city_1h", "air_1h", 2)
	write("city_1d", "air_1d", 3)
	write("city_1d", "air_1mo", 4)
	f := func(query, level string, mean float64) {
		t.Helper()
		resp := r.do(request{path: "/v1/readings?comune=058091&measurement=air&fields=temp_c&" + query})
		var page ReadingPage
		if err := json.Unmarshal(resp.Body.Bytes(), &page); err != nil || resp.Code != 200 {
			t.Fatalf("%s: %d %s", query, resp.Code, resp.Body)
		}
		if page.Level != level {
			t.Errorf("%s: level %q, want %q", query, page.Level, level)
		}
		if mean == 0 {
			return
		}
		if len(page.Readings) != 1 || page.Readings[0].Fields["temp_c_mean"] != mean || page.Readings[0].Measurement != "air" {
			t.Errorf("%s: %s", query, resp.Body.Bytes())
		}
	}
	may := "start=2026-05-04T00:00:00Z&end="
	f(may+"2026-05-04T13:00:00Z&level=15m", "15m", 1)
	f(may+"2026-05-04T13:00:00Z&level=auto", "15m", 1)
	f(may+"2026-05-31T00:00:00Z&level=auto", "1h", 2)
	f(may+"2026-05-31T00:00:00Z&level=1d", "1d", 3)
	f("start=2025-01-01T00:00:00Z&end=2026-05-31T00:00:00Z&level=auto", "1d", 3)
	f("start=2016-01-01T00:00:00Z&end=2026-05-31T00:00:00Z&level=auto", "1mo", 4)
	f("start=2026-05-31T20:00:00Z&end=2026-05-31T23:00:00Z&level=auto", "raw", 0)
	f(may+"2026-05-31T00:00:00Z", "raw", 0)
	for _, bad := range []string{"measurement=air&level=1y", "measurement=air&level=1h&window=1h", "measurement=ledger&level=1h"} {
		if resp := r.do(request{path: "/v1/readings?comune=058091&" + bad}); resp.Code < 400 || resp.Code >= 500 {
			t.Errorf("%s: %d", bad, resp.Code)
		}
	}
}
