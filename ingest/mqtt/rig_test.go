package mqtt_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"rione/ingest"
	"rione/ingest/mqtt"
)

const waitLong = 30 * time.Second

// await polls until ok or fails.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(waitLong)
	defer late.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// held is a message that the fake intake has and has not acked.
type held struct {
	acker ingest.Acker
	token uint64
}

// fakeIntake commits at once, or holds acks back, refuses, or blocks.
type fakeIntake struct {
	mu      sync.Mutex
	changed sync.Cond
	taken   []string // topic and payload
	held    []held
	hold    bool
	full    bool
	closed  bool
	refuse  error // what Submit returns
}

var _ ingest.Intake = (*fakeIntake)(nil)

func newIntake() *fakeIntake {
	f := &fakeIntake{}
	f.changed.L = &f.mu
	return f
}

func (f *fakeIntake) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	f.mu.Lock()
	for f.full && !f.closed {
		f.changed.Wait()
	}
	if f.closed || f.refuse != nil {
		defer f.mu.Unlock()
		if f.closed {
			return ingest.ErrClosed
		}
		return f.refuse
	}
	f.taken = append(f.taken, m.Topic+" "+string(m.Payload))
	f.held = append(f.held, held{a, token})
	hold := f.hold
	f.mu.Unlock()
	if !hold {
		f.ack(nil)
	}
	return nil
}

// ack tells the doors of everything held.
func (f *fakeIntake) ack(err error) {
	f.mu.Lock()
	list := f.held
	f.held = nil
	f.mu.Unlock()
	for _, h := range list {
		h.acker.Ack(h.token, err)
		h.acker.Flush()
	}
}

func (f *fakeIntake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	f.changed.Broadcast()
}

// got counts how often each message was taken.
func (f *fakeIntake) got() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]int{}
	for _, m := range f.taken {
		out[m]++
	}
	return out
}

func (f *fakeIntake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.taken)
}

// broker is a Mosquitto of the test's own, that can be killed and come back.
type broker struct {
	t      *testing.T
	port   int
	config string
	cmd    *exec.Cmd
}

func mosquitto(t *testing.T, config string) *broker {
	t.Helper()
	if _, err := exec.LookPath("mosquitto"); err != nil {
		t.Skip("SKIPPED: mosquitto is not installed; the door to external brokers is not tested against it")
	}
	b := &broker{t: t, port: freePort(t)}
	b.config = filepath.Join(t.TempDir(), "mosquitto.conf")
	text := fmt.Sprintf("listener %d 127.0.0.1\n%s\nmax_queued_messages 0\n", b.port, config)
	if err := os.WriteFile(b.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.start()
	t.Cleanup(b.kill)
	return b
}

// persistent keeps sessions over a restart of the broker.
func persistent(t *testing.T) string {
	return "allow_anonymous true\nuser root\npersistence true\nautosave_interval 1\nautosave_on_changes true\npersistence_location " + t.TempDir() + "/"
}

const anonymous = "allow_anonymous true\nuser root\npersistence false"

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (b *broker) address() string { return fmt.Sprintf("127.0.0.1:%d", b.port) }
func (b *broker) url() string     { return "tcp://" + b.address() }

func (b *broker) start() {
	b.t.Helper()
	b.cmd = exec.Command("mosquitto", "-c", b.config)
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	await(b.t, "mosquitto listens", func() bool {
		c, err := net.Dial("tcp", b.address())
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func (b *broker) kill() {
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait()
}

// publisher is an independent client of the broker.
func publisher(t *testing.T, url string) paho.Client {
	t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker(url).SetAutoReconnect(false).SetProtocolVersion(4).SetConnectTimeout(waitLong))
	done(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func done(t *testing.T, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(waitLong) {
		t.Fatal("the broker does not answer")
	}
	if err := token.Error(); err != nil {
		t.Fatal(err)
	}
}

// publish has QoS 2 messages one after the other: Mosquitto ends the connection
// of a client with more than 20 of them under way.
func publish(t *testing.T, c paho.Client, qos byte, topic string, payloads ...string) {
	t.Helper()
	tokens := make([]paho.Token, len(payloads))
	for i, p := range payloads {
		tokens[i] = c.Publish(topic, qos, false, p)
		if qos == 2 {
			done(t, tokens[i])
		}
	}
	for _, token := range tokens {
		done(t, token)
	}
}

// numbered returns n payloads.
func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	return out
}

func routes(t *testing.T, list ...ingest.Route) *ingest.Routes {
	t.Helper()
	if list == nil {
		list = []ingest.Route{
			{Name: "native", Filter: "sc/v1/+/+/+/+", Format: "native"},
			{Name: "http", Filter: "/ingest/v1/native/#", Format: "native"},
		}
	}
	r, err := ingest.NewRoutes(list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const topic = "sc/v1/058091/air/air-0001/up"

// connect starts a door and waits until it is subscribed.
func connect(t *testing.T, o mqtt.Options) *mqtt.Door {
	t.Helper()
	log := &logged{}
	o.Logger = log.logger()
	if o.Routes == nil {
		o.Routes = routes(t)
	}
	d, err := mqtt.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitLong)
	defer cancel()
	t.Cleanup(d.Close)
	d.Start(ctx)
	await(t, "the door is subscribed", func() bool { return bytes.Contains([]byte(log.String()), []byte("external broker connected")) })
	if err := d.Connected(); err != nil {
		t.Fatal(err)
	}
	return d
}

// logged is what a logger wrote.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
