package influxtest_test

import (
	"testing"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// What a server held before a crash it holds afterwards, at the same address.
func TestKillAndRestart(t *testing.T) {
	s := influxtest.Start(t)
	s.Buckets("city")
	url, c := s.URL, s.Client()
	w, err := influx.NewWriter(c)
	if err != nil {
		t.Fatal(err)
	}
	b := influx.NewBatch()
	b.AddLine([]byte("m v=1i 1000"))
	if _, err := w.Write(t.Context(), "city", b); err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(){s.Kill, s.Stop} {
		end()
		if err := c.Ready(t.Context()); err == nil {
			t.Error("the server answers after its end")
		}
		s.Restart()
		all, err := c.Query(t.Context(), "city", "SELECT v FROM m")
		if err != nil || len(all) != 1 || all[0].Values[0][1] != int64(1) || s.URL != url {
			t.Errorf("after a restart at %s: %v, %v", s.URL, all, err)
		}
	}
}

func TestServersAreApart(t *testing.T) {
	one, two := influxtest.Start(t), influxtest.Start(t)
	if one.URL == two.URL || one.Token == two.Token {
		t.Error("two servers are one")
	}
	one.Buckets("mine")
	all, err := two.Client().Query(t.Context(), "", "SHOW DATABASES")
	if err != nil {
		t.Fatal(err)
	}
	for _, series := range all {
		for _, row := range series.Values {
			if row[0] == "mine" {
				t.Error("a bucket of one server is on the other")
			}
		}
	}
}
