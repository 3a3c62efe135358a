package influx_test

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

func TestQueryReadsEveryType(t *testing.T) {
	s := newStore(t)
	s.write(t,
		`m,device_id=a big=9223372036854775807i,small=-9223372036854775808i,x=0.1,whole=20,huge=1e300,on=true,text="a \"b\" è" 1777896000000000017`,
		`m,device_id=b big=1i 1777896000000000018`)
	all, err := s.client.Query(t.Context(), bucket, `SELECT big, small, x, whole, huge, "on", text FROM m GROUP BY device_id`)
	if err != nil {
		t.Fatal(err)
	}
	columns := []string{"time", "big", "small", "x", "whole", "huge", "on", "text"}
	want := []ingest.Series{
		{Name: "m", Tags: map[string]string{"device_id": "a"}, Columns: columns, Values: [][]any{
			{noon, int64(math.MaxInt64), int64(math.MinInt64), 0.1, int64(20), 1e300, true, `a "b" è`}}},
		{Name: "m", Tags: map[string]string{"device_id": "b"}, Columns: columns, Values: [][]any{
			{noon.Add(1), int64(1), nil, nil, nil, nil, nil, nil}}},
	}
	if !reflect.DeepEqual(all, want) {
		t.Errorf("got  %#v\nwant %#v", all, want)
	}
}

func TestNumber(t *testing.T) {
	f := func(v any, want float64, isNumber bool) {
		t.Helper()
		if got, ok := ingest.NumberOf(v); got != want || ok != isNumber {
			t.Errorf("Number(%v) = %v, %v", v, got, ok)
		}
	}
	f(int64(-3), -3, true)
	f(0.5, 0.5, true)
	f(nil, 0, false)
	f("3", 0, false)
}

func TestQueryOfStatementsWithoutTime(t *testing.T) {
	s := newStore(t)
	s.write(t, `m,zone=Municipio\ I v=1i 1777896000000000017`)
	all, err := s.client.Query(t.Context(), bucket, `SHOW TAG VALUES WITH KEY = zone; SELECT count(v) FROM m; SELECT v FROM nothing`)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Values[0][1] != "Municipio I" || all[1].Values[0][1] != int64(1) {
		t.Errorf("got %v", all)
	}
}

// Results come in chunks of 10,000 rows; Query puts them together again.
func TestQueryOfManyRows(t *testing.T) {
	s := newStore(t)
	const rows = 25_000
	b := influx.NewBatch()
	for i := range rows {
		b.AddLine(fmt.Appendf(nil, "m,device_id=d%d v=%di %d", i%2, i, noon.UnixNano()+int64(i)))
	}
	if _, err := s.writer.Write(t.Context(), bucket, b); err != nil {
		t.Fatal(err)
	}
	all, err := s.client.Query(t.Context(), bucket, "SELECT v FROM m GROUP BY device_id")
	if err != nil || len(all) != 2 || len(all[0].Values) != rows/2 || len(all[1].Values) != rows/2 {
		t.Fatalf("%d series, %v", len(all), err)
	}
	pieces, next := 0, int64(0)
	err = s.client.QueryEach(t.Context(), bucket, "SELECT v FROM m", func(piece *ingest.Series) error {
		pieces++
		for _, row := range piece.Values {
			if row[1] != next || !row[0].(time.Time).Equal(noon.Add(time.Duration(next))) {
				return fmt.Errorf("row %d: %v", next, row)
			}
			next++
		}
		return nil
	})
	if err != nil || next != rows || pieces < 3 {
		t.Errorf("%d rows in %d pieces, %v", next, pieces, err)
	}
	enough := errors.New("enough")
	if err := s.client.QueryEach(t.Context(), bucket, "SELECT v FROM m", func(*ingest.Series) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func TestQueryErrorsSurface(t *testing.T) {
	s := newStore(t)
	f := func(c *influx.Client, db, q string, statuses ...int) {
		t.Helper()
		_, err := c.Query(t.Context(), db, q)
		var refused *influx.Error
		if !errors.As(err, &refused) || refused.Detail == "" {
			t.Errorf("%s: got %v", q, err)
			return
		}
		for _, status := range statuses {
			if refused.Status == status {
				return
			}
		}
		t.Errorf("%s: status %d: %v", q, refused.Status, err)
	}
	f(s.client, bucket, "SELECT FROM", http.StatusBadRequest)
	f(s.client, bucket, "SELECT v FROM m; SELECT mean(*) FROM m WHERE", http.StatusBadRequest)
	f(s.client, "nowhere", "SELECT v FROM m", http.StatusOK, http.StatusNotFound)
	s.Token = "rione:wrong"
	f(s.Client(), bucket, "SHOW MEASUREMENTS", http.StatusUnauthorized)
	s.Kill()
	if _, err := s.client.Query(t.Context(), bucket, "SHOW MEASUREMENTS"); err == nil {
		t.Error("a query of a dead store succeeded")
	}
	if err := s.client.Ready(t.Context()); err == nil {
		t.Error("a dead store is ready")
	}
}

// Names and texts of any kind stay one name and one text.
func TestQuoting(t *testing.T) {
	s := newStore(t)
	for _, word := range []string{"plain", `it's`, `say "x"`, `back\slash`, "two\nlines", `'; DROP DATABASE city; --`, "Caffè"} {
		if _, err := s.client.Query(t.Context(), bucket, "SELECT "+influx.Ident(word)+" FROM "+influx.Ident(word)+" WHERE t = "+influx.String(word)); err != nil {
			t.Errorf("%q: %v", word, err)
		}
		b := influx.NewBatch()
		b.Add(point(nil, "event", nil, value("event", "text", word)))
		if _, err := s.writer.Write(t.Context(), bucket, b); err != nil {
			t.Fatal(err)
		}
		all, err := s.client.Query(t.Context(), bucket, "SELECT text FROM event WHERE text = "+influx.String(word))
		if err != nil || len(all) != 1 || all[0].Values[0][1] != word {
			t.Errorf("%q: got %v, %v", word, all, err)
		}
	}
}

func TestReadyAndVersion(t *testing.T) {
	s := newStore(t)
	if err := s.client.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if v, err := s.client.Version(t.Context()); err != nil || v == "" {
		t.Errorf("%q, %v", v, err)
	}
}

func TestClientOptions(t *testing.T) {
	f := func(o influx.Options, ok bool) {
		t.Helper()
		if _, err := influx.NewClient(o); (err == nil) != ok {
			t.Errorf("%+v: %v", o, err)
		}
	}
	f(influx.Options{URL: "http://127.0.0.1:8086"}, true)
	f(influx.Options{URL: "https://influx.example/base/"}, true)
	f(influx.Options{}, false)
	f(influx.Options{URL: "127.0.0.1:8086"}, false)
	f(influx.Options{URL: "influx://host"}, false)
	f(influx.Options{URL: "http://127.0.0.1:8086", Timeout: -1}, false)
}

func TestEnsureBuckets(t *testing.T) {
	s := newStore(t)
	retention := func(bucket string) string {
		t.Helper()
		if s.Generation == 2 {
			return s.retention2(t, bucket)
		}
		all, err := s.client.Query(t.Context(), "", "SHOW RETENTION POLICIES ON "+influx.Ident(bucket))
		if err != nil || len(all) != 1 || len(all[0].Values) != 1 {
			t.Fatal(all, err)
		}
		return all[0].Values[0][1].(string)
	}
	ensure := func(b influx.Bucket, want string) {
		t.Helper()
		if err := s.client.EnsureBuckets(t.Context(), []influx.Bucket{b}); err != nil {
			t.Fatal(err)
		}
		if got := retention(b.Name); got != want {
			t.Errorf("retention of %s is %s, want %s", b.Name, got, want)
		}
	}
	ensure(influx.Bucket{Name: "for ever"}, "0s")
	ensure(influx.Bucket{Name: "a day", Retention: 24 * time.Hour}, "24h0m0s")
	ensure(influx.Bucket{Name: "a day"}, "24h0m0s") // left as it is
	ensure(influx.Bucket{Name: "a day", Retention: 48 * time.Hour}, "48h0m0s")
	ensure(influx.Bucket{Name: "for ever", Retention: 720 * time.Hour}, "720h0m0s")
	if err := s.client.EnsureBuckets(t.Context(), []influx.Bucket{{Name: "moment", Retention: time.Minute}}); err == nil {
		t.Error("a retention below an hour was taken")
	}
}

// retention2 asks 2.x by the client library.
func (s *store) retention2(t *testing.T, bucket string) string {
	t.Helper()
	c := influxdb2.NewClient(s.URL, s.Token)
	defer c.Close()
	b, err := c.BucketsAPI().FindBucketByName(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	var keep time.Duration
	for _, rule := range b.RetentionRules {
		keep = time.Duration(rule.EverySeconds) * time.Second
	}
	return keep.String()
}

func TestDelete(t *testing.T) {
	s := newStore(t)
	s.write(t,
		"wifi_ap,device_id=ap-1 clients=1i 1000", "wifi_ap,device_id=ap-1 clients=2i 2000", "air,device_id=ap-1 temp_c=2 2500",
		"wifi_ap,device_id=ap-1 clients=3i 3000", "wifi_ap,device_id=ap-2 clients=4i 2000")
	f := func(measurement string, devices []string, want ...any) {
		t.Helper()
		if err := s.client.Delete(t.Context(), bucket, measurement, time.Unix(0, 2000), time.Unix(0, 3000), devices...); err != nil {
			t.Fatal(err)
		}
		all, err := s.client.Query(t.Context(), bucket, "SELECT clients FROM wifi_ap; SELECT temp_c FROM air")
		if err != nil {
			t.Fatal(err)
		}
		var left []any
		for _, series := range all {
			for _, row := range series.Values {
				left = append(left, row[1])
			}
		}
		slices.SortFunc(left, func(a, b any) int { return int(a.(int64) - b.(int64)) })
		if !reflect.DeepEqual(left, want) {
			t.Errorf("left without %q: %v, want %v", measurement, left, want)
		}
	}
	f("noise", []string{"ap-1", "ap-2"}, int64(1), int64(2), int64(2), int64(3), int64(4))
	f("wifi_ap", []string{"ap-1"}, int64(1), int64(2), int64(3), int64(4))
	f("", []string{"ap-1"}, int64(1), int64(3), int64(4))
	f("wifi_ap", nil, int64(1), int64(3), int64(4))
	f("wifi_ap", []string{"ap-1", "ap-2", "it's"}, int64(1), int64(3))
}

// BenchmarkQueryEach reads rows of three columns from a real store.
func BenchmarkQueryEach(b *testing.B) {
	server := influxtest.Start(b)
	server.Buckets(bucket)
	c := server.Client()
	w, err := influx.NewWriter(c)
	if err != nil {
		b.Fatal(err)
	}
	const rows = 100_000
	batch := influx.NewBatch()
	for i := range rows {
		batch.AddLine(fmt.Appendf(nil, "m,device_id=d v=%di,x=%d.25 %d", i, i, noon.UnixNano()+int64(i)))
	}
	if _, err := w.Write(b.Context(), bucket, batch); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		read := 0
		err := c.QueryEach(b.Context(), bucket, "SELECT v, x FROM m", func(s *ingest.Series) error {
			read += len(s.Values)
			return nil
		})
		if err != nil || read != rows {
			b.Fatal(read, err)
		}
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
}
