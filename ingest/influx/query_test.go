package influx_test

import (
	"testing"

	"rione/ingest/influx/influxtest"
)

func TestSmoke(t *testing.T) {
	s := influxtest.Start(t)
	s.Buckets("city")
	all, err := s.Client().Query(t.Context(), "", "SHOW DATABASES")
	t.Log(all, err)
	s.Kill()
	s.Restart()
	all, err = s.Client().Query(t.Context(), "", "SHOW DATABASES")
	t.Log(all, err)
}
