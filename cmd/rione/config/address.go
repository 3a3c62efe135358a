package config

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"

	"rione/ingest/journal"
	"rione/ingest/mqtt"
)

// complain notes what is wrong with a setting, named without its prefix.
type complain = func(name, format string, args ...any)

// addressProblems checks where rione listens, and where it looks for others.
func (c *Config) addressProblems(bad complain) {
	for name, addr := range map[string]string{"MQTT_LISTEN": c.MQTTListen, "MQTT_TLS_LISTEN": c.MQTTTLSListen, "HTTP_LISTEN": c.HTTPListen, "INFLUX_LISTEN": c.InfluxListen} {
		if addr != "" && !listenable(addr) {
			bad(name, "is %q; write host:port, such as 127.0.0.1:1883", addr)
		}
	}
	for name, u := range map[string]string{"INFLUX_URL": c.InfluxURL, "GRAFANA_URL": c.GrafanaURL, "PUBLIC_URL": c.PublicURL} {
		if p, err := url.Parse(u); u != "" && (err != nil || p.Host == "" || p.Scheme != "http" && p.Scheme != "https") {
			bad(name, "must look like http://host:port")
		}
	}
	var wrong []error
	for _, b := range c.Brokers() {
		wrong = append(wrong, mqtt.CheckURL(b))
	}
	if err := errors.Join(wrong...); err != nil {
		bad("BROKER_URL", "does not do: %w", err)
	}
	if err := journal.CheckURL(c.NATSURL); c.NATSURL != "" && err != nil {
		bad("NATS_URL", "does not do: %w", err)
	}
}

// listenable tells whether an address has a port that exists.
func listenable(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// Loopback tells whether a listen address is reachable from this machine only.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
