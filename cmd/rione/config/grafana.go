package config

import (
	"net/mail"
	"time"
)

// AlertEmails returns who is told of alerts.
func (c *Config) AlertEmails() []string { return list(c.GrafanaAlertEmails) }

func (c *Config) grafanaProblems(bad func(name, format string, args ...any)) {
	if c.GrafanaTenants != "" && c.GrafanaURL == "" {
		bad("GRAFANA_TENANTS", "needs RIONE_GRAFANA_URL")
	}
	if c.GrafanaWatch < time.Second {
		bad("GRAFANA_WATCH", "must be at least 1s")
	}
	if c.GrafanaLanguage != "" && c.GrafanaLanguage != "it" && c.GrafanaLanguage != "en" {
		bad("GRAFANA_LANGUAGE", "must be it or en, or unset for both")
	}
	for _, address := range c.AlertEmails() {
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
			bad("GRAFANA_ALERT_EMAILS", "must hold addresses such as sala@comune.example, comma-separated, and %q is none", address)
		}
	}
}
