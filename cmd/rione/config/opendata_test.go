package config_test

import (
	"testing"

	"rione/api/opendata"
	"rione/cmd/rione/config"
)

func TestCatalogPublisher(t *testing.T) {
	f := func(text string, want opendata.Holder) {
		t.Helper()
		c := config.Config{Publisher: text}
		if got := c.CatalogPublisher(); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	f("", opendata.Holder{})
	f("c_h501 Roma Capitale", opendata.Holder{Name: "Roma Capitale", Code: "c_h501"})
	f("c_h501", opendata.Holder{Code: "c_h501"})
}
