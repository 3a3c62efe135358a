package config

import (
	"strings"

	"rione/api/opendata"
)

// CatalogPublisher is who publishes the catalogue of open data, empty when the
// data sets say it.
func (c *Config) CatalogPublisher() opendata.Holder {
	code, name, _ := strings.Cut(c.Publisher, " ")
	return opendata.Holder{Name: strings.TrimSpace(name), Code: code}
}

func (c *Config) openDataProblems(bad func(name, format string, args ...any)) {
	if c.OpenRate < 1 {
		bad("OPEN_RATE", "must be at least 1")
	}
	if p := c.CatalogPublisher(); c.Publisher != "" && (p.Code == "" || p.Name == "") {
		bad("PUBLISHER", "must be an IPA code, a space and the name, such as c_h501 Roma Capitale")
	}
}
