package config_test

import (
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/cmd/rione/config"
)

// What outsiders rely on when they set nothing.
func TestDefaults(t *testing.T) {
	c, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, want any) {
		t.Helper()
		for _, field := range c.Fields() {
			if field.Name == name {
				if field.Value != want {
					t.Errorf("%s is %v, want %v", field.Prefixed(), field.Value, want)
				}
				return
			}
		}
		t.Errorf("there is no %s", name)
	}
	f("DATA_DIR", "./rione-data")
	f("MQTT_LISTEN", "127.0.0.1:1883")
	f("MQTT_TLS_LISTEN", "")
	f("MQTT_ANONYMOUS", false)
	f("HTTP_LISTEN", "127.0.0.1:8080")
	f("INFLUX_LISTEN", "127.0.0.1:8086")
	f("INFLUX_URL", "")
	f("INFLUX_TOKEN", "")
	f("INFLUX_ORG", "rione")
	f("INFLUX_BUCKET", "city")
	f("NATS_URL", "")
	f("BROKER_URL", "")
	f("BROKER_GROUP", "")
	f("BROKER_CLIENT_ID", "rione")
	f("GRAFANA_URL", "")
	f("GRAFANA_TOKEN", "")
	f("JOURNAL_SYNC", true)
	f("JOURNAL_MAX_BYTES", int64(10<<30))
	f("JOURNAL_REPLAY_WINDOW", 72*time.Hour)
	f("ADMIN_TOKEN", "")
	f("LOG_LEVEL", "info")
	f("RETENTION_RAW", 90*24*time.Hour)
}

// Everything that is wrong is told at once, by the name of its variable and with
// what to do.
func TestProblems(t *testing.T) {
	f := func(env, want string) {
		t.Helper()
		_, err := config.Load(strings.Split(env, ";"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", env, err, want)
		}
	}
	f("RIONE_MQTT_LISTEN=1883", "RIONE_MQTT_LISTEN is \"1883\"; write host:port")
	f("RIONE_MQTT_TLS_LISTEN=here", "RIONE_MQTT_TLS_LISTEN is")
	f("RIONE_HTTP_LISTEN=x", "RIONE_HTTP_LISTEN is")
	f("RIONE_INFLUX_LISTEN=x", "RIONE_INFLUX_LISTEN is")
	f("RIONE_INFLUX_LISTEN=0.0.0.0:8086", "RIONE_INFLUX_LISTEN must be a loopback address")
	f("RIONE_INFLUX_URL=influx:8086", "RIONE_INFLUX_URL must look like http://host:port")
	f("RIONE_INFLUX_URL=ftp://influx", "RIONE_INFLUX_URL must look like")
	f("RIONE_GRAFANA_URL=grafana", "RIONE_GRAFANA_URL must look like")
	f("RIONE_MQTT_LISTEN=0.0.0.0:1883;RIONE_MQTT_ANONYMOUS=true", "RIONE_MQTT_ANONYMOUS is allowed on a loopback listener only")
	f("RIONE_MQTT_TLS_LISTEN=0.0.0.0:8883;RIONE_MQTT_ANONYMOUS=true", "RIONE_MQTT_TLS_LISTEN is 0.0.0.0:8883")
	f("RIONE_MQTT_TLS_LISTEN=0.0.0.0:8883;RIONE_MQTT_TLS_CERT=c.pem", "needs RIONE_MQTT_TLS_CERT and RIONE_MQTT_TLS_KEY")
	f("RIONE_MQTT_ANONYMOUS=perhaps", "RIONE_MQTT_ANONYMOUS must be a true or false")
	f("RIONE_JOURNAL_MAX_BYTES=10GB", "RIONE_JOURNAL_MAX_BYTES must be a whole number")
	f("RIONE_JOURNAL_MAX_BYTES=1000", "RIONE_JOURNAL_MAX_BYTES must be at least 67108864")
	f("RIONE_INFLUX_PARKED_MAX_BYTES=1", "RIONE_INFLUX_PARKED_MAX_BYTES must be at least")
	f("RIONE_JOURNAL_REPLAY_WINDOW=3 days", "RIONE_JOURNAL_REPLAY_WINDOW must be a duration")
	f("RIONE_JOURNAL_REPLAY_WINDOW=1s", "RIONE_JOURNAL_REPLAY_WINDOW must be at least 1m")
	f("RIONE_JOURNAL_REPLAY_WINDOW=2400h", "longer than RIONE_RETENTION_RAW")
	f("RIONE_RETENTION_RAW=1h", "RIONE_RETENTION_RAW is 1h0m0s; write at least")
	f("RIONE_RETENTION_HOURLY=100h", "RIONE_RETENTION_HOURLY is 100h0m0s, shorter than RIONE_RETENTION_RAW")
	f("RIONE_RETENTION_DAILY=1000h", "RIONE_RETENTION_DAILY is")
	f("RIONE_HTTP_LISTEN=0.0.0.0:80;RIONE_ADMIN_TOKEN=short", "RIONE_ADMIN_TOKEN must have 16 characters")
	f("RIONE_GRAFANA_TENANTS=t.json", "RIONE_GRAFANA_TENANTS needs RIONE_GRAFANA_URL")
	f("RIONE_GRAFANA_LANGUAGE=de", "RIONE_GRAFANA_LANGUAGE must be it or en")
	f("RIONE_GRAFANA_ALERT_EMAILS=sala@comune.example,Sala", `"Sala" is none`)
	f("RIONE_GRAFANA_WATCH=1ms", "RIONE_GRAFANA_WATCH must be at least 1s")
	f("RIONE_HTTP_RATE=0", "RIONE_HTTP_RATE must be at least 1")
	f("RIONE_PUBLISHER=c_h501", "RIONE_PUBLISHER must be an IPA code, a space and the name")
	f("RIONE_PUBLISHER= Roma Capitale", "RIONE_PUBLISHER must be")
	f("RIONE_OPEN_RATE=0", "RIONE_OPEN_RATE must be at least 1")
	f("RIONE_PRESENCE_GRACE=48h", "RIONE_PRESENCE_GRACE must be from 1s to 24h")
	f("RIONE_EVENTS_WEBHOOK=http://10.0.0.1/", "RIONE_EVENTS_WEBHOOK")
	f("RIONE_MQTT_LISTEN=127.0.0.1:99999", "RIONE_MQTT_LISTEN is \"127.0.0.1:99999\"")
	f("RIONE_HTTP_LISTEN=127.0.0.1:", "RIONE_HTTP_LISTEN is")
	f("RIONE_HTTP_LISTEN=127.0.0.1:-1", "RIONE_HTTP_LISTEN is")
	f("RIONE_PUBLIC_URL=data.example.it", "RIONE_PUBLIC_URL must look like")
	f("RIONE_MQTT_TLS_CERT=c.pem;RIONE_MQTT_TLS_KEY=k.pem", "need RIONE_MQTT_TLS_LISTEN")
	f("RIONE_MQTT_TLS_CA=ca.pem", "need RIONE_MQTT_TLS_LISTEN")
	f("RIONE_BROKER_URL=mosquitto:1883", "RIONE_BROKER_URL does not do: broker address must look like tcp://host:1883")
	f("RIONE_BROKER_URL=tcp://a:1883,http://b", `the scheme "http"`)
	f("RIONE_BROKER_URL=tcp://a", "names no port")
	f("RIONE_NATS_URL=nats://", "RIONE_NATS_URL does not do: it is not an address like nats://host:4222")
	f("RIONE_NATS_URL=nats://a:4222,nats://b:port", "RIONE_NATS_URL")
	f("RIONE_NATS_URL=http://a:4222", "RIONE_NATS_URL does not do: it is not an address like nats://host:4222")
	f("RIONE_BROKER_GROUP=a/b", "RIONE_BROKER_GROUP is one level")
	f("RIONE_LOG_LEVEL=loud", "RIONE_LOG_LEVEL must be debug, info, warn or error")

	f("RIONE_LOG_LEVEL=loud;RIONE_MQTT_LISTEN=x", "RIONE_MQTT_LISTEN")
	f("RIONE_LOG_LEVEL=loud;RIONE_MQTT_LISTEN=x", "RIONE_LOG_LEVEL")
}

// Addresses that others accept are accepted.
func TestAddresses(t *testing.T) {
	f := func(env string) {
		t.Helper()
		if _, err := config.Load(strings.Split(env, ";")); err != nil {
			t.Errorf("%s: %v", env, err)
		}
	}
	f("RIONE_MQTT_LISTEN=[::1]:0;RIONE_HTTP_LISTEN=:8080;RIONE_INFLUX_LISTEN=localhost:8086")
	f("RIONE_MQTT_TLS_LISTEN=:8883;RIONE_MQTT_TLS_CERT=c.pem;RIONE_MQTT_TLS_KEY=k.pem")
	f("RIONE_BROKER_URL=tcp://a:1883,mqtt://u:p@b:1883,ssl://c:8883,mqtts://d:8883,ws://e/mqtt,wss://[::1]/mqtt")
	f("RIONE_NATS_URL=nats://a:4222,tls://u:p@b:4222,c:4222,d")
	f("RIONE_PUBLIC_URL=https://data.example.it")
}

// What is wrong is told without the password that stands beside it.
func TestProblemsShowNoSecrets(t *testing.T) {
	for _, env := range []string{"RIONE_BROKER_URL=http://u:hunter2@b:1883", "RIONE_BROKER_URL=tcp://u:hunter2@b", "RIONE_NATS_URL=nats://u:hunter2@n:port"} {
		if _, err := config.Load([]string{env}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", env, err)
		}
	}
}

// A secret may stand in a file; a misspelt variable is noticed.
func TestSecretFiles(t *testing.T) {
	token := write(t, "token", "  a-token-of-many-characters\n")
	c, err := config.Load([]string{"RIONE_ADMIN_TOKEN_FILE=" + token, "RIONE_ADMIN_TOKN=x", "RIONE_TEST_ANYTHING=x", "HOME=/"})
	if err != nil || c.AdminToken != "a-token-of-many-characters" {
		t.Errorf("token is %q, error %v", c.AdminToken, err)
	}
	if got := c.Unknown(); !slices.Equal(got, []string{"RIONE_ADMIN_TOKN"}) {
		t.Errorf("unknown: %v", got)
	}
	if _, err := config.Load([]string{"RIONE_ADMIN_TOKEN_FILE=" + token, "RIONE_ADMIN_TOKEN=b"}); err == nil || !strings.Contains(err.Error(), "keep one") {
		t.Errorf("both are set: %v", err)
	}
	if _, err := config.Load([]string{"RIONE_INFLUX_TOKEN_FILE=" + filepath.Join(t.TempDir(), "none")}); err == nil || !strings.Contains(err.Error(), "RIONE_INFLUX_TOKEN_FILE") {
		t.Errorf("there is no such file: %v", err)
	}
	c, err = config.Load([]string{"RIONE_DATA_DIR_FILE=" + token})
	if err != nil || !slices.Equal(c.Unknown(), []string{"RIONE_DATA_DIR_FILE"}) {
		t.Errorf("only secrets stand in files: %v, %v", c.Unknown(), err)
	}
}

// What is printed holds every setting with its explanation, and no secret.
func TestPrint(t *testing.T) {
	c, err := config.Load([]string{
		"RIONE_ADMIN_TOKEN=hunter2-hunter2-hunter2", "RIONE_BROKER_URL=tcp://u:hunter2@b:1883", "RIONE_NATS_URL=nats://u:hunter2@n:4222",
		"RIONE_INFLUX_URL=http://u:hunter2@i:8086", "RIONE_INFLUX_TOKEN=hunter2", "RIONE_GRAFANA_TOKEN=hunter2",
		"RIONE_EVENTS_WEBHOOK=https://city.example/hunter2", "RIONE_EVENTS_WEBHOOK_SECRET=hunter2-hunter2-hunter2", "RIONE_EVENTS_WEBHOOK_SECRET_BEFORE=hunter2-hunter2-hunter2",
	})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("a secret is printed:\n%s", &out)
	}
	for _, f := range c.Fields() {
		if !strings.Contains(out.String(), "# "+f.Doc+"\n"+f.Prefixed()+"="+f.Text()+"\n") || f.Doc == "" {
			t.Errorf("%s is not printed with its explanation", f.Prefixed())
		}
	}
}

func TestLists(t *testing.T) {
	c, err := config.Load([]string{"RIONE_BROKER_URL=tcp://a:1883, ssl://b:8883,", "RIONE_PUBLIC_NETWORKS= Roma WiFi ,,Con.Me", "RIONE_LOG_LEVEL=debug"})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Brokers(); !slices.Equal(got, []string{"tcp://a:1883", "ssl://b:8883"}) {
		t.Errorf("brokers: %q", got)
	}
	if got := c.Networks(); !slices.Equal(got, []string{"Roma WiFi", "Con.Me"}) {
		t.Errorf("networks: %q", got)
	}
	if l, err := c.Level(); err != nil || l != slog.LevelDebug {
		t.Errorf("level: %v, %v", l, err)
	}
}

func TestLoopback(t *testing.T) {
	f := func(addr string, want bool) {
		t.Helper()
		if got := config.Loopback(addr); got != want {
			t.Errorf("%s is loopback: %v", addr, got)
		}
	}
	f("127.0.0.1:1883", true)
	f("127.8.0.1:1", true)
	f("[::1]:80", true)
	f("localhost:80", true)
	f(":80", false)
	f("0.0.0.0:80", false)
	f("192.168.1.2:80", false)
	f("rione.example:80", false)
	f("127.0.0.1", false)
}
