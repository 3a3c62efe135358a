package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// twoStores are two buckets of one server, one of them of Palermo, and a third
// target at which nobody listens.
func twoStores(t *testing.T) stores {
	t.Helper()
	server := influxtest.Start(t)
	server.Buckets("city", "city_movers", "palermo", "palermo_movers")
	gone, err := influx.NewClient(influx.Options{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gone.Close)
	client := server.Client()
	w, err := influx.NewWriter(client)
	if err != nil {
		t.Fatal(err)
	}
	for i, bucket := range []string{"city", "city_movers", "palermo", "palermo_movers"} {
		b := influx.NewBatch()
		b.AddLine(fmt.Appendf(nil, "air temp_c=%d %d", i, 1772359200000000000+i))
		if rejects, err := w.Write(t.Context(), bucket, b); err != nil || len(rejects) > 0 {
			t.Fatal(rejects, err)
		}
	}
	return stores{
		{name: "default", bucket: "city", client: client},
		{name: "palermo", bucket: "palermo", client: client, comuni: []string{"082053"}},
		{name: "venezia", bucket: "city", client: gone, comuni: []string{"027042"}},
	}
}

func values(series []ingest.Series) []string {
	var out []string
	for _, s := range series {
		for _, row := range s.Values {
			out = append(out, fmt.Sprint(row[1]))
		}
	}
	slices.Sort(out)
	return out
}

func TestQueriesGoWhereTheComuneIs(t *testing.T) {
	s := twoStores(t)
	f := func(asked stores, q, wantError string, want ...string) {
		t.Helper()
		got, err := asked.Query(t.Context(), "city", q)
		if fmt.Sprint(values(got)) != fmt.Sprint(want) || (err == nil) != (wantError == "") || err != nil && !strings.Contains(err.Error(), wantError) {
			t.Errorf("%s: %v, %v; want %v and %q", q, values(got), err, want, wantError)
		}
	}
	const plain, both = "SELECT temp_c FROM air", `SELECT temp_c FROM "city".."air", "city_movers".."air"`
	f(s[:2], plain, "", "0", "2")
	f(s[:2], both, "", "0", "1", "2", "3")
	f(s[:1], both, "", "0", "1")
	f(s, plain, "venezia:", "0", "2") // those that answer, and who does not
	g := func(comuni []string, want ...int) {
		t.Helper()
		var got []int
		for _, chosen := range s.of(comuni) {
			got = append(got, slices.IndexFunc(s, func(one storeTarget) bool { return one.name == chosen.name }))
		}
		if !slices.Equal(got, want) {
			t.Errorf("comuni %v are asked for at %v, want %v", comuni, got, want)
		}
	}
	g(nil, 0, 1, 2)
	g([]string{""}, 0)
	g([]string{"058091"}, 0)
	g([]string{"082053"}, 1)
	g([]string{"027042", "058091", "015146"}, 0, 2)
}

func TestQueryEachAsksOneAfterTheOther(t *testing.T) {
	s := twoStores(t)
	var all []ingest.Series
	err := s.QueryEach(t.Context(), "city_movers", "SELECT temp_c FROM air", func(one *ingest.Series) error { all = append(all, *one); return nil })
	if got := values(all); !slices.Equal(got, []string{"1", "3"}) || err == nil || !strings.Contains(err.Error(), "venezia:") {
		t.Errorf("%v, %v", got, err)
	}
	enough := errors.New("enough")
	n := 0
	if err := s.QueryEach(t.Context(), "city", "SELECT temp_c FROM air", func(*ingest.Series) error { n++; return enough }); !errors.Is(err, enough) || n != 1 {
		t.Errorf("%d series after %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s[:2].Query(ctx, "city", "SELECT temp_c FROM air"); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}
