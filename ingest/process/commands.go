package process

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
)

// Talkative is a decoder that has something to say to devices because of what
// it decoded, such as a request for births of Sparkplug.
type Talkative interface {
	ingest.Decoder
	// Commands returns what is to be sent because of the messages decoded since
	// the last call.
	Commands() []ingest.Command
}

// freshFor is how long after a message's receipt its device is answered. What is
// processed again after an outage asks for nothing.
const freshFor = 5 * time.Minute

// speak hands over what the decoders want to say after a record whose last
// message came at that time.
func (p *pipeline) speak(received time.Time) {
	for _, d := range p.decoders.talkers {
		for _, c := range d.Commands() {
			if p.opt.Command != nil && time.Since(received) < freshFor {
				p.opt.Command(c)
			}
		}
	}
}

// Requests carry what decoders have to say to the doors that their devices came
// by, apart from processing: a door that is slow holds up nothing.
type Requests struct {
	to    ingest.Commander
	queue chan ingest.Command
	log   *slog.Logger
	count *prometheus.CounterVec
}

const (
	maxRequests    = 256 // that wait; more are dropped: they are asked again
	requestTimeout = 5 * time.Second
	requestPace    = 20 * time.Millisecond // between two
)

// NewRequests returns requests that go to doors. log and r may be nil.
func NewRequests(to ingest.Commander, log *slog.Logger, r prometheus.Registerer) *Requests {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	q := &Requests{to: to, queue: make(chan ingest.Command, maxRequests), log: log, count: prometheus.NewCounterVec(
		prometheus.CounterOpts{Namespace: "rione", Subsystem: "process", Name: "commands_total", Help: "Commands that decoders sent to devices, by result."},
		[]string{"result"},
	)}
	if r != nil {
		r.MustRegister(q.count)
	}
	return q
}

// Send queues a command. It never blocks.
func (q *Requests) Send(c ingest.Command) {
	select {
	case q.queue <- c:
	default:
		q.count.WithLabelValues("dropped").Inc()
	}
}

// Run sends what is queued, at most one each 20 ms, until ctx ends. One that no
// door takes is logged: its decoder asks again.
func (q *Requests) Run(ctx context.Context) error {
	pace := time.NewTicker(requestPace)
	defer pace.Stop()
	for {
		select {
		case c := <-q.queue:
			q.publish(ctx, c)
		case <-ctx.Done():
			return nil
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (q *Requests) publish(ctx context.Context, c ingest.Command) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := q.to.Publish(ctx, c); err != nil {
		q.count.WithLabelValues("failed").Inc()
		q.log.Warn("a device could not be asked to say again what it has", "device", c.Device, "error", err)
		return
	}
	q.count.WithLabelValues("sent").Inc()
}
