package mqtt_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
	"rione/ingest/mqtt"
)

func TestEveryQoSArrivesOnceAndInOrder(t *testing.T) {
	b, in := mosquitto(t, anonymous), newIntake()
	connect(t, mqtt.Options{URL: b.url(), Intake: in})
	p := publisher(t, b.url())
	var want []string
	for qos := range byte(3) {
		payloads := numbered(string('0'+qos), 100)
		publish(t, p, qos, topic, payloads...)
		await(t, "all have arrived", func() bool { return in.count() == 100*(int(qos)+1) })
		for _, x := range payloads {
			want = append(want, topic+" "+x)
		}
	}
	if !slices.Equal(in.taken, want) {
		t.Error("messages came twice, or not in order")
	}
}

// The broker keeps what is not acked and sends it again: to the same door after
// a new start, whether QoS 1 or 2.
func TestUnackedComesAgain(t *testing.T) {
	for _, qos := range []byte{1, 2} {
		b, in := mosquitto(t, anonymous), newIntake()
		in.hold = true
		d := connect(t, mqtt.Options{URL: b.url(), Intake: in})
		publish(t, publisher(t, b.url()), qos, topic, numbered("x", 50)...)
		// Mosquitto sends 20 and waits for acks.
		await(t, "the broker's window is full", func() bool { return in.count() == 20 })
		go in.ack(ingest.ErrClosed) // not durable
		d.Close()
		if n := in.count(); n != 20 {
			t.Fatalf("QoS %d: %d messages were taken, so some were acked before the commit", qos, n)
		}
		again := newIntake()
		connect(t, mqtt.Options{URL: b.url(), Intake: again})
		await(t, "all come to the next door", func() bool { return len(again.got()) == 50 })
	}
}

// What is acked does not come again, although the door goes right after.
func TestCloseSendsTheAcksThatAreDue(t *testing.T) {
	b, in := mosquitto(t, anonymous), newIntake()
	in.hold = true
	d := connect(t, mqtt.Options{URL: b.url(), Intake: in})
	publish(t, publisher(t, b.url()), 1, topic, numbered("x", 10)...)
	await(t, "all have arrived", func() bool { return in.count() == 10 })
	closed := make(chan struct{})
	go func() { defer close(closed); d.Close() }()
	in.ack(nil)
	<-closed
	d.Close() // again

	again := newIntake()
	connect(t, mqtt.Options{URL: b.url(), Intake: again})
	publish(t, publisher(t, b.url()), 1, topic, "new")
	await(t, "the new one comes", func() bool { return again.count() > 0 })
	if got := again.got(); len(got) != 1 {
		t.Errorf("acked messages came again: %v", got)
	}
}

// A full intake stops the acks, not the connection; nothing is lost.
func TestFullIntakeHoldsAcksBack(t *testing.T) {
	b, in := mosquitto(t, anonymous), newIntake()
	in.full = true
	d := connect(t, mqtt.Options{URL: b.url(), Intake: in})
	publish(t, publisher(t, b.url()), 1, topic, numbered("x", 60)...)
	if err := d.Connected(); err != nil || in.count() != 0 {
		t.Errorf("%v; %d were taken", err, in.count())
	}
	in.set(func() { in.full = false })
	await(t, "all have arrived", func() bool { return in.count() == 60 })
}

// A door whose intake is full can still close; the intake ends the rest.
func TestCloseWithAFullIntake(t *testing.T) {
	b, in := mosquitto(t, anonymous), newIntake()
	in.full = true
	d := connect(t, mqtt.Options{URL: b.url(), Intake: in})
	publish(t, publisher(t, b.url()), 1, topic, "x")
	d.Close()
	in.set(func() { in.closed = true })
	again := newIntake()
	connect(t, mqtt.Options{URL: b.url(), Intake: again})
	await(t, "it comes to the next door", func() bool { return again.count() == 1 })
}

func TestBrokerRestarts(t *testing.T) {
	f := func(name, config string) {
		t.Run(name, func(t *testing.T) {
			b, in := mosquitto(t, config), newIntake()
			d := connect(t, mqtt.Options{URL: b.url(), Intake: in})
			publish(t, publisher(t, b.url()), 1, topic, "before")
			await(t, "the first has arrived", func() bool { return in.count() == 1 })
			b.kill()
			await(t, "the loss is seen", func() bool { return d.Connected() != nil })
			b.start()
			await(t, "the door is back", func() bool { return d.Connected() == nil })
			p := publisher(t, b.url())
			// Without persistence the broker knows nobody until the door has
			// subscribed again.
			await(t, "messages come again", func() bool {
				publish(t, p, 1, topic, "after")
				return in.got()[topic+" after"] > 0
			})
		})
	}
	f("persistence", persistent(t))
	f("no persistence", anonymous)
}

// What the broker took while the door was away comes when it is back, also over
// a restart of a broker that keeps sessions.
func TestPersistentSession(t *testing.T) {
	b := mosquitto(t, persistent(t))
	connect(t, mqtt.Options{URL: b.url(), Intake: newIntake()}).Close()
	publish(t, publisher(t, b.url()), 1, topic, numbered("x", 200)...)
	stop(t, b)
	b.start()
	in := newIntake()
	connect(t, mqtt.Options{URL: b.url(), Intake: in})
	await(t, "all have arrived", func() bool { return len(in.got()) == 200 })
}

// stop ends the broker as an operator does.
func stop(t *testing.T, b *broker) {
	t.Helper()
	if err := b.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = b.cmd.Wait()
}

// A shared subscription splits messages among doors.
func TestGroup(t *testing.T) {
	b, one, two := mosquitto(t, anonymous), newIntake(), newIntake()
	list := routes(t, ingest.Route{Name: "native", Filter: "sc/v1/+/+/+/+", Format: "native"})
	connect(t, mqtt.Options{URL: b.url(), ClientID: "one", Group: "rione", Intake: one, Routes: list})
	connect(t, mqtt.Options{URL: b.url(), ClientID: "two", Group: "rione", Intake: two, Routes: list})
	publish(t, publisher(t, b.url()), 1, topic, numbered("x", 100)...)
	await(t, "all have arrived", func() bool { return one.count()+two.count() == 100 })
	if one.count() == 0 || two.count() == 0 {
		t.Errorf("one door got %d, the other %d", one.count(), two.count())
	}
}

// A broker that serves overlapping subscriptions one by one sends a message
// twice; the door does not make four of them.
func TestOverlappingRoutes(t *testing.T) {
	b, in := mosquitto(t, anonymous), newIntake()
	connect(t, mqtt.Options{URL: b.url(), Intake: in, Routes: routes(t,
		ingest.Route{Name: "native", Filter: "sc/v1/+/+/+/+", Format: "native"},
		ingest.Route{Name: "up", Filter: "sc/v1/+/+/+/up", Format: "native"})})
	p := publisher(t, b.url())
	publish(t, p, 1, topic, "x")
	publish(t, p, 1, topic, "end")
	await(t, "both have arrived", func() bool { return in.got()[topic+" end"] > 0 })
	if n := in.got()[topic+" x"]; n > 2 {
		t.Errorf("the message was taken %d times", n)
	}
}

// edited is a table of routes that changes.
type edited struct{ now atomic.Pointer[ingest.Routes] }

func (e *edited) All() []ingest.Route       { return e.now.Load().All() }
func (e *edited) Match(topic string) string { return e.now.Load().Match(topic) }

// The door follows the table: what is new is subscribed to, what is gone is left.
func TestRoutesChange(t *testing.T) {
	b, in, table := mosquitto(t, anonymous), newIntake(), &edited{}
	table.now.Store(routes(t))
	d := connect(t, mqtt.Options{URL: b.url(), Intake: in, Routes: table})
	p := publisher(t, b.url())
	table.now.Store(routes(t, ingest.Route{Name: "bins", Filter: "bins/#", Format: "native"}))
	d.RoutesChanged()
	publish(t, p, 1, topic, "of a route that is gone")
	publish(t, p, 1, "bins/7", "full")
	await(t, "the new route's message", func() bool { return in.got()["bins/7 full"] == 1 })
	if n := len(in.got()); n != 1 {
		t.Errorf("taken: %v", in.got())
	}
	d.RoutesChanged() // nothing is new
	publish(t, p, 1, "bins/7", "empty")
	await(t, "the subscription stays", func() bool { return in.got()["bins/7 empty"] == 1 })
}

func TestSeveralBrokers(t *testing.T) {
	a, b, in, metrics := mosquitto(t, anonymous), mosquitto(t, anonymous), newIntake(), prometheus.NewRegistry()
	connect(t, mqtt.Options{URL: a.url(), Intake: in, Metrics: metrics})
	connect(t, mqtt.Options{URL: b.url(), Intake: in, Metrics: metrics})
	publish(t, publisher(t, a.url()), 1, topic, "from a")
	publish(t, publisher(t, b.url()), 1, topic, "from b")
	await(t, "both have arrived", func() bool { return len(in.got()) == 2 })
	families, err := metrics.Gather()
	if err != nil || len(families) != 1 || len(families[0].GetMetric()) != 2 {
		t.Errorf("metrics are %v, error %v", families, err)
	}
}

// A message that is too large for the intake is acked, or it would come for
// ever; those behind it go on.
func TestTooLargeIsLeftOut(t *testing.T) {
	b, in := mosquitto(t, anonymous), newIntake()
	in.refuse = ingest.ErrTooLarge
	d := connect(t, mqtt.Options{URL: b.url(), Intake: in})
	publish(t, publisher(t, b.url()), 1, topic, numbered("large", 50)...) // more than the broker's window
	d.Close()
	again := newIntake()
	connect(t, mqtt.Options{URL: b.url(), Intake: again})
	publish(t, publisher(t, b.url()), 1, topic, "small")
	await(t, "the next one comes", func() bool { return again.got()[topic+" small"] == 1 })
}

// A wrong password is told as such, and never shown.
func TestPasswordStaysHidden(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwords")
	if _, err := exec.LookPath("mosquitto_passwd"); err != nil {
		t.Skip("SKIPPED: mosquitto_passwd is not installed; passwords at external brokers are not tested")
	}
	if out, err := exec.Command("mosquitto_passwd", "-c", "-b", file, "user", "right-secret").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, in := mosquitto(t, "allow_anonymous false\nuser root\npassword_file "+file), newIntake()
	address := func(password string) string { return "tcp://user:" + password + "@" + b.address() }
	connect(t, mqtt.Options{URL: address("right-secret"), Intake: in}).Close()

	log := &logged{}
	d, err := mqtt.New(mqtt.Options{URL: address("wrong-secret"), Intake: in, Routes: routes(t), Logger: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.Start(canceled(t))
	await(t, "the refusal is logged", func() bool { return strings.Contains(log.String(), "uthorized") })
	if err := d.Connected(); err == nil || !strings.Contains(err.Error(), "uthorized") || strings.Contains(err.Error()+log.String(), "secret") {
		t.Errorf("error is %v, log is %s", err, log)
	}
}
