// Package config reads rione's settings from the environment, checks them
// before any I/O, and prints them without their secrets.
package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"rione/devices/event/hook"
)

// Prefix begins the name of every setting.
const Prefix = "RIONE_"

// Config is every setting, one environment variable each. A field marked secret
// may come from a file: NAME_FILE holds its path.
type Config struct {
	DataDir string `env:"DATA_DIR" envDefault:"./rione-data" doc:"folder of everything that rione keeps"`

	MQTTListen    string `env:"MQTT_LISTEN" envDefault:"127.0.0.1:1883" doc:"where devices publish"`
	MQTTTLSListen string `env:"MQTT_TLS_LISTEN" doc:"where devices publish over TLS; needs the two files below"`
	MQTTTLSCert   string `env:"MQTT_TLS_CERT" doc:"certificate chain, PEM file"`
	MQTTTLSKey    string `env:"MQTT_TLS_KEY" doc:"private key, PEM file"`
	MQTTTLSCA     string `env:"MQTT_TLS_CA" doc:"CA of client certificates, PEM file; devices without one are then refused"`
	MQTTAnonymous bool   `env:"MQTT_ANONYMOUS" envDefault:"false" doc:"a registered device without a secret may connect as its client id; loopback only"`

	HTTPListen string `env:"HTTP_LISTEN" envDefault:"127.0.0.1:8080" doc:"API, console and metrics"`
	HTTPRate   int    `env:"HTTP_RATE" envDefault:"3000" doc:"requests that one client of the API has a minute"`
	OpenRate   int    `env:"OPEN_RATE" envDefault:"600" doc:"requests that one address has a minute of open data and of the standards; all behind one proxy are one address"`
	PublicURL  string `env:"PUBLIC_URL" doc:"address that everybody reaches the API by, such as https://data.example.it, for the catalogue of open data"`
	Publisher  string `env:"PUBLISHER" doc:"who publishes the catalogue of open data: IPA code and name, such as c_h501 Roma Capitale; unset, who holds most of the data sets"`
	AdminToken string `env:"ADMIN_TOKEN" secret:"true" doc:"token of the API; one is generated into the data folder when unset"`

	InfluxListen string `env:"INFLUX_LISTEN" envDefault:"127.0.0.1:8086" doc:"where the InfluxDB that rione starts listens"`
	InfluxURL    string `env:"INFLUX_URL" doc:"an InfluxDB of your own; unset, rione runs one"`
	InfluxToken  string `env:"INFLUX_TOKEN" secret:"true" doc:"its token; user:password for 1.8"`
	InfluxOrg    string `env:"INFLUX_ORG" envDefault:"rione" doc:"its organisation (2.x)"`
	InfluxBucket string `env:"INFLUX_BUCKET" envDefault:"city" doc:"bucket or database of fixed devices; _movers, _1h and _1d are appended for the others"`

	InfluxTargets        string `env:"INFLUX_TARGETS" doc:"JSON file that lists InfluxDBs of comuni of their own: name, url, token or token_file, org, bucket, comuni"`
	InfluxParkedMaxBytes int64  `env:"INFLUX_PARKED_MAX_BYTES" envDefault:"2147483648" doc:"size at which no more lines are parked for an InfluxDB that is away, and processing waits, bytes"`

	NATSURL   string `env:"NATS_URL" secret:"true" doc:"an external NATS with JetStream; unset, it runs inside rione"`
	BrokerURL string `env:"BROKER_URL" secret:"true" doc:"external MQTT brokers to subscribe to, comma-separated; user:password may stand in each"`

	BrokerGroup    string `env:"BROKER_GROUP" doc:"name of the shared subscription, $share/NAME/…, by which several processes divide the external brokers' messages; unset, one subscribes alone"`
	BrokerClientID string `env:"BROKER_CLIENT_ID" envDefault:"rione" doc:"names the session at the external brokers; it must differ between processes"`
	BrokerCA       string `env:"BROKER_CA" doc:"CA of the external brokers' certificates, PEM file; unset, those of the system"`

	GrafanaURL   string `env:"GRAFANA_URL" doc:"Grafana to keep the dashboards in"`
	GrafanaToken string `env:"GRAFANA_TOKEN" secret:"true" doc:"token of a service account of the role Admin"`

	GrafanaLanguage    string `env:"GRAFANA_LANGUAGE" doc:"language of what stands in Grafana: it or en; unset, both"`
	GrafanaAlertEmails string `env:"GRAFANA_ALERT_EMAILS" doc:"who is told of alerts, comma-separated; unset, Grafana's own notification policies decide"`
	GrafanaInfluxURL   string `env:"GRAFANA_INFLUX_URL" doc:"InfluxDB as Grafana reaches it, where that is not the address by which rione does"`
	GrafanaInfluxToken string `env:"GRAFANA_INFLUX_TOKEN" secret:"true" doc:"a token of InfluxDB that may only read, for Grafana; unset, it gets rione's own"`

	GrafanaTenants string        `env:"GRAFANA_TENANTS" doc:"JSON file of further organisations, one a municipality with people of its own; \"rione dashboards tenants\" writes a first one"`
	GrafanaWatch   time.Duration `env:"GRAFANA_WATCH" envDefault:"5m" doc:"how often to look for what was changed by hand"`

	Initiatives string `env:"INITIATIVES" doc:"folder of the initiatives, a JSON file each; unset, those that rione brings, which 'rione initiatives export' writes"`

	JournalSync         bool          `env:"JOURNAL_SYNC" envDefault:"true" doc:"sync before an ack; false loses the newest messages at a power cut"`
	JournalMaxBytes     int64         `env:"JOURNAL_MAX_BYTES" envDefault:"10737418240" doc:"size at which the journal takes no more, bytes"`
	JournalReplayWindow time.Duration `env:"JOURNAL_REPLAY_WINDOW" envDefault:"72h" doc:"how long processed messages stay for replay"`

	QuarantineMaxBytes    int64         `env:"QUARANTINE_MAX_BYTES" envDefault:"1073741824" doc:"size beyond which the oldest messages in quarantine expire, bytes"`
	QuarantineMaxEntries  int           `env:"QUARANTINE_MAX_ENTRIES" envDefault:"100000" doc:"number beyond which they do; half a kilobyte of memory each"`
	QuarantineMaxAge      time.Duration `env:"QUARANTINE_MAX_AGE" envDefault:"2160h" doc:"how long a message stays in quarantine"`
	QuarantineComunePct   int           `env:"QUARANTINE_COMUNE_PCT" envDefault:"50" doc:"share of size and number that one comune may have in quarantine, per cent"`
	QuarantineIdentityPct int           `env:"QUARANTINE_IDENTITY_PCT" envDefault:"10" doc:"share that one device may have, or one publisher that names none, per cent"`

	PresenceGrace        time.Duration `env:"PRESENCE_GRACE" envDefault:"2m" doc:"what a device gets beyond the intervals that it may miss before it counts as silent"`
	EventsWebhook        string        `env:"EVENTS_WEBHOOK" secret:"true" doc:"web address that events are posted to, signed"`
	EventsWebhookSecret  string        `env:"EVENTS_WEBHOOK_SECRET" secret:"true" doc:"key of the signature, 16 characters or more"`
	EventsWebhookBefore  string        `env:"EVENTS_WEBHOOK_SECRET_BEFORE" secret:"true" doc:"the key before that one: events are signed with both while receivers change over"`
	EventsWebhookPrivate bool          `env:"EVENTS_WEBHOOK_PRIVATE" envDefault:"false" doc:"events may be posted to addresses of the inner network, and without TLS"`
	RetentionRaw         time.Duration `env:"RETENTION_RAW" envDefault:"2160h" doc:"how long readings are kept, 0 for ever; buckets that exist change by 'rione retention apply'"`
	RetentionHourly      time.Duration `env:"RETENTION_HOURLY" envDefault:"43800h" doc:"how long windows of 15 minutes and of an hour are kept, 0 for ever"`
	RetentionDaily       time.Duration `env:"RETENTION_DAILY" envDefault:"0s" doc:"how long windows of a day and of a month are kept, 0 for ever"`

	PublicNetworks string `env:"PUBLIC_NETWORKS" doc:"names of public Wi-Fi networks, comma-separated; no other network's name is stored"`

	LogLevel string `env:"LOG_LEVEL" envDefault:"info" doc:"debug, info, warn or error"`

	unknown []string
	targets []Target
}

// Load reads the settings from environ (as os.Environ gives it) and checks
// them. Its error lists everything that is wrong.
func Load(environ []string) (Config, error) {
	vars := env.ToMap(environ)
	if err := readSecretFiles(vars); err != nil {
		return Config{}, err
	}
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Prefix: Prefix, Environment: vars}); err != nil {
		return Config{}, explain(err)
	}
	c.unknown = unknown(vars)
	return c, errors.Join(append(c.problems(), c.readTargets())...)
}

// Unknown lists variables that look like settings and are none, such as a
// misspelt one.
func (c *Config) Unknown() []string { return c.unknown }

// readSecretFiles replaces NAME_FILE by the content of the file it names.
func readSecretFiles(vars map[string]string) error {
	for _, f := range fields() {
		name := f.Prefixed()
		path, ok := vars[name+"_FILE"]
		if !f.Secret || !ok {
			continue
		}
		if vars[name] != "" {
			return fmt.Errorf("%s and %s_FILE are both set; keep one", name, name)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s_FILE: %w", name, err)
		}
		vars[name] = strings.TrimSpace(string(b))
	}
	return nil
}

// explain puts the variable's own name into the errors of the parser.
func explain(err error) error {
	var agg env.AggregateError
	if !errors.As(err, &agg) {
		return err
	}
	var out []error
	for _, e := range agg.Errors {
		var p env.ParseError
		if errors.As(e, &p) {
			if f, ok := reflect.TypeFor[Config]().FieldByName(p.Name); ok {
				out = append(out, fmt.Errorf("%s%s must be a %s, such as %s", Prefix, f.Tag.Get("env"), typeName(p.Type), f.Tag.Get("envDefault")))
				continue
			}
		}
		out = append(out, e)
	}
	return errors.Join(out...)
}

func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "duration"
	case reflect.TypeFor[bool]():
		return "true or false"
	}
	return "whole number"
}

func unknown(vars map[string]string) []string {
	known := map[string]bool{}
	for _, f := range fields() {
		known[f.Prefixed()] = true
		known[f.Prefixed()+"_FILE"] = f.Secret
	}
	var out []string
	for name := range vars {
		if strings.HasPrefix(name, Prefix) && !strings.HasPrefix(name, Prefix+"TEST_") && !known[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (c *Config) problems() []error {
	var out []error
	bad := func(name, format string, args ...any) {
		out = append(out, fmt.Errorf(Prefix+name+" "+format, args...))
	}
	c.addressProblems(bad)
	if c.MQTTAnonymous && !Loopback(c.MQTTListen) {
		bad("MQTT_ANONYMOUS", "is allowed on a loopback listener only, and RIONE_MQTT_LISTEN is %s; give the devices secrets instead", c.MQTTListen)
	}
	if c.MQTTAnonymous && c.MQTTTLSListen != "" && !Loopback(c.MQTTTLSListen) {
		bad("MQTT_ANONYMOUS", "is allowed on loopback listeners only, and RIONE_MQTT_TLS_LISTEN is %s", c.MQTTTLSListen)
	}
	if c.MQTTTLSListen != "" && (c.MQTTTLSCert == "" || c.MQTTTLSKey == "") {
		bad("MQTT_TLS_LISTEN", "needs RIONE_MQTT_TLS_CERT and RIONE_MQTT_TLS_KEY")
	}
	if c.MQTTTLSListen == "" && (c.MQTTTLSCert != "" || c.MQTTTLSKey != "" || c.MQTTTLSCA != "") {
		bad("MQTT_TLS_CERT", "and what belongs to it need RIONE_MQTT_TLS_LISTEN, such as :8883")
	}
	if c.InfluxURL == "" && !Loopback(c.InfluxListen) {
		bad("INFLUX_LISTEN", "must be a loopback address; for other machines run an InfluxDB of your own and set RIONE_INFLUX_URL")
	}
	if c.JournalMaxBytes < 64<<20 {
		bad("JOURNAL_MAX_BYTES", "must be at least 67108864 (64 MiB)")
	}
	if c.InfluxParkedMaxBytes < 16<<20 {
		bad("INFLUX_PARKED_MAX_BYTES", "must be at least 16777216 (16 MiB)")
	}
	if c.JournalReplayWindow < time.Minute {
		bad("JOURNAL_REPLAY_WINDOW", "must be at least 1m")
	}
	c.retentionProblems(bad)
	c.quarantineProblems(bad)
	c.openDataProblems(bad)
	if c.AdminToken != "" && len(c.AdminToken) < 16 && !Loopback(c.HTTPListen) {
		bad("ADMIN_TOKEN", "must have 16 characters or more, since RIONE_HTTP_LISTEN is reachable from other machines")
	}
	if c.HTTPRate < 1 {
		bad("HTTP_RATE", "must be at least 1")
	}
	c.grafanaProblems(bad)
	if c.PresenceGrace < time.Second || c.PresenceGrace > 24*time.Hour {
		bad("PRESENCE_GRACE", "must be from 1s to 24h")
	}
	if c.EventsWebhook != "" {
		if err := c.Webhook().Validate(); err != nil {
			bad("EVENTS_WEBHOOK", "and _SECRET do not do: %w", err)
		}
	}
	if strings.ContainsAny(c.BrokerGroup, "/+#") {
		bad("BROKER_GROUP", "is one level of a topic: no /, + or #")
	}
	if _, err := c.Level(); err != nil {
		bad("LOG_LEVEL", "must be debug, info, warn or error")
	}
	return out
}

// Level returns the log level.
func (c *Config) Level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(c.LogLevel))
	return l, err
}

// Webhook returns where events are posted to.
func (c *Config) Webhook() *hook.Options {
	return &hook.Options{URL: c.EventsWebhook, Secret: []byte(c.EventsWebhookSecret), Before: []byte(c.EventsWebhookBefore), Private: c.EventsWebhookPrivate}
}

// Brokers returns the external brokers' addresses.
func (c *Config) Brokers() []string {
	return strings.FieldsFunc(c.BrokerURL, func(r rune) bool { return r == ',' || r == ' ' })
}

// Networks returns the names of the public Wi-Fi networks.
func (c *Config) Networks() []string { return list(c.PublicNetworks) }

// list returns what stands between commas.
func list(text string) []string {
	var out []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// Field describes one setting.
type Field struct {
	Name   string // without prefix
	Doc    string
	Secret bool
	Value  any
}

// Prefixed returns the name of the environment variable.
func (f Field) Prefixed() string { return Prefix + f.Name }

// Text returns the value for a person; secrets are not shown, nor a password
// that stands in an address.
func (f Field) Text() string {
	s := fmt.Sprint(f.Value)
	if f.Secret && s != "" {
		return "(set)"
	}
	if u, err := url.Parse(s); err == nil && u.User != nil {
		return u.Redacted()
	}
	return s
}

func fields() []Field { return new(Config).Fields() }

// Fields lists the settings in their order.
func (c *Config) Fields() []Field {
	v := reflect.ValueOf(c).Elem()
	var out []Field
	for i := range v.NumField() {
		t := v.Type().Field(i)
		if !t.IsExported() {
			continue
		}
		out = append(out, Field{Name: t.Tag.Get("env"), Doc: t.Tag.Get("doc"), Secret: t.Tag.Get("secret") != "", Value: v.Field(i).Interface()})
	}
	return out
}

// Print writes the settings as they are, secrets redacted.
func (c *Config) Print(w io.Writer) error {
	for _, f := range c.Fields() {
		if _, err := fmt.Fprintf(w, "# %s\n%s=%s\n", f.Doc, f.Prefixed(), f.Text()); err != nil {
			return err
		}
	}
	for _, t := range c.targets {
		if _, err := fmt.Fprintf(w, "# target %s\n", t); err != nil {
			return err
		}
	}
	return nil
}
