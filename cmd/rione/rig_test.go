package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/cmd/rione/app"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// asRione makes the test binary behave as rione itself, so that tests can kill
// a real process without building one.
const asRione = "RIONE_TEST_AS_RIONE"

func TestMain(m *testing.M) {
	if os.Getenv(asRione) != "" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// rig is a data folder and the rione that runs on it.
type rig struct {
	t    testing.TB
	env  []string
	dir  string
	cmd  *exec.Cmd
	at   app.Addresses
	errs *lockedBuffer
	done chan struct{}

	storeURL, storeToken string             // of an InfluxDB of the test's own
	second               *influxtest.Server // of the comuni that have a target of their own
	broker               string             // where devices publish, when that is not rione's door
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRig(t testing.TB, env ...string) *rig {
	t.Helper()
	r := &rig{t: t, dir: filepath.Join(t.TempDir(), "data")}
	base := []string{
		asRione + "=1", "RIONE_DATA_DIR=" + r.dir, "RIONE_MQTT_ANONYMOUS=true",
		"RIONE_MQTT_LISTEN=127.0.0.1:0", "RIONE_HTTP_LISTEN=127.0.0.1:0", "RIONE_INFLUX_LISTEN=127.0.0.1:0",
	}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "RIONE_") {
			r.env = append(r.env, e)
		}
	}
	r.env = append(append(r.env, base...), env...)
	return r
}

// command prepares a command of rione with the rig's environment.
func (r *rig) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = r.env
	return cmd
}

// run runs a command to its end.
func (r *rig) run(stdin string, args ...string) (stdout, stderr string, code int) {
	r.t.Helper()
	cmd := r.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// must runs a command that has to succeed and returns what it prints.
func (r *rig) must(stdin string, args ...string) string {
	r.t.Helper()
	out, errs, code := r.run(stdin, args...)
	if code != 0 {
		r.t.Fatalf("rione %s: exit %d\n%s", strings.Join(args, " "), code, errs)
	}
	return out
}

// up starts rione and waits until it is ready; the first start on a machine
// builds InfluxDB.
func (r *rig) up(args ...string) {
	r.t.Helper()
	r.launch(args...)
	r.t.Cleanup(r.down)
	r.await("rione ready", 6*time.Minute, func() bool {
		at, err := app.Running(r.dir)
		if err != nil || at.PID != r.cmd.Process.Pid {
			return false
		}
		r.at = at
		return r.status() == http.StatusOK
	})
}

func (r *rig) launch(args ...string) {
	r.t.Helper()
	r.cmd = r.command(append([]string{"up"}, args...)...)
	r.errs = &lockedBuffer{}
	r.cmd.Stderr = r.errs
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	cmd, done := r.cmd, make(chan struct{})
	r.done = done
	go func() { _ = cmd.Wait(); close(done) }() // ended by down or kill, which wait for done
}

// down stops rione as Ctrl-C does and expects it to be gone within five seconds
// and a margin for a busy machine.
func (r *rig) down() {
	r.t.Helper()
	if r.ended() {
		return
	}
	_ = r.cmd.Process.Signal(os.Interrupt) // it may be gone already
	select {
	case <-r.done:
	case <-time.After(15 * time.Second):
		r.kill()
		r.t.Errorf("rione did not stop; its log:\n%s", r.errs)
	}
}

// kill is kill -9.
func (r *rig) kill() {
	_ = r.cmd.Process.Signal(syscall.SIGKILL) // it may be gone already
	<-r.done
}

func (r *rig) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return r.cmd == nil
	}
}

func (r *rig) status() int {
	resp, err := http.Get("http://" + r.at.HTTP + "/status")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// get asks the API.
func (r *rig) get(path string, out any) {
	r.t.Helper()
	status, body := r.ask(path)
	if status != http.StatusOK {
		r.t.Fatalf("GET %s: %d\n%s", path, status, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		r.t.Fatal(err)
	}
}

// ask asks the API and returns whatever it answers.
func (r *rig) ask(path string) (status int, body []byte) {
	r.t.Helper()
	token, err := app.AdminToken(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, "http://"+r.at.HTTP+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, body
}

// await polls until f is true.
func (r *rig) await(what string, limit time.Duration, f func() bool) {
	r.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(limit)
	for !f() {
		select {
		case <-tick.C:
		case <-deadline:
			r.t.Fatalf("waited %v in vain for: %s\n%s", limit, what, r.log())
		case <-r.done:
			r.t.Fatalf("rione ended while waiting for: %s\n%s", what, r.log())
		}
	}
}

func (r *rig) log() string {
	if r.errs == nil {
		return ""
	}
	return r.errs.String()
}

// query asks the store directly, past rione.
func (r *rig) query(q string) []ingest.Series {
	r.t.Helper()
	at, token := r.storeAt()
	out := r.queryAt(at, token, q)
	if r.second != nil {
		out = append(out, r.queryAt(r.second.URL, r.second.Token, q)...)
	}
	return out
}

// storeAt returns where the store is, and its token.
func (r *rig) storeAt() (url, token string) {
	r.t.Helper()
	if r.storeURL != "" {
		return r.storeURL, r.storeToken
	}
	b, err := os.ReadFile(filepath.Join(r.dir, "influx.token"))
	if err != nil {
		r.t.Fatal(err)
	}
	return r.at.Influx, strings.TrimSpace(string(b))
}

func (r *rig) queryAt(url, token, q string) []ingest.Series {
	r.t.Helper()
	c, err := influx.NewClient(influx.Options{URL: url, Token: token})
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	out, err := c.Query(r.t.Context(), "city", q)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// client connects a device over MQTT. lost is closed when the connection breaks.
func (r *rig) client(id string) (c paho.Client, lost <-chan struct{}) {
	r.t.Helper()
	broken := make(chan struct{})
	c = paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + r.at.MQTT).SetClientID(id).
		SetCleanSession(false).SetAutoReconnect(false).SetConnectRetry(false).
		SetConnectionLostHandler(func(paho.Client, error) { close(broken) }))
	if t := c.Connect(); !t.WaitTimeout(20*time.Second) || t.Error() != nil {
		r.t.Fatalf("connect %s: %v", id, t.Error())
	}
	return c, broken
}

// door returns where devices publish.
func (r *rig) door() string {
	if r.broker != "" {
		return r.broker
	}
	for _, e := range r.env {
		if at, ok := strings.CutPrefix(e, "RIONE_MQTT_LISTEN="); ok && !strings.HasSuffix(at, ":0") {
			return at
		}
	}
	return r.at.MQTT
}

// publish sends one QoS 1 message and waits for its PUBACK.
func (r *rig) publish(c paho.Client, topic, payload string) {
	r.t.Helper()
	if t := c.Publish(topic, 1, false, payload); !t.WaitTimeout(20*time.Second) || t.Error() != nil {
		r.t.Fatalf("publish %s: %v", topic, t.Error())
	}
}

// fleet is n air sensors of Roma and Palermo, and their registry file.
func fleet(n int) (ids []string, file string) {
	var b strings.Builder
	b.WriteString("device_id,kind,comune,zone,lat,lon\n")
	for i := range n {
		id := fmt.Sprintf("air-%04d", i)
		ids = append(ids, id)
		place := "058091,Municipio I,41.89,12.49"
		if i%2 == 1 {
			place = "082053,Centro,38.12,13.36"
		}
		fmt.Fprintf(&b, "%s,air,%s\n", id, place)
	}
	return ids, b.String()
}

// comuneOf is where fleet put a device.
func comuneOf(id string) string {
	if (id[len(id)-1]-'0')%2 == 1 {
		return "082053"
	}
	return "058091"
}

// mayConnect tells whether the door lets a client in.
func (r *rig) mayConnect(id, user, password string) bool {
	r.t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + r.at.MQTT).SetClientID(id).
		SetUsername(user).SetPassword(password).SetAutoReconnect(false).SetConnectRetry(false))
	defer c.Disconnect(0)
	t := c.Connect()
	return t.WaitTimeout(20*time.Second) && t.Error() == nil
}
