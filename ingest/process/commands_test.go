package process_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/sparkplug"
	"rione/ingest/influx/influxtest"
	"rione/ingest/process"
)

var (
	_ process.Stateful  = (*sparkplug.Decoder)(nil)
	_ process.Talkative = (*sparkplug.Decoder)(nil)
)

// heard collects commands.
type heard struct {
	mu   sync.Mutex
	list []ingest.Command
}

func (h *heard) take(c ingest.Command) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, c)
}

func (h *heard) topics() (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.list {
		out = append(out, c.Door+" "+c.Topic)
	}
	return out
}

// spark is a message of a Sparkplug node, from the decoder's own vectors.
func spark(t *testing.T, topic, file string, received time.Time) ingest.Message {
	t.Helper()
	payload, err := os.ReadFile("../decode/sparkplug/testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return ingest.Message{Received: received, Door: "broker", Route: "sparkplug-b", Topic: topic, Payload: payload}
}

// Births survive a restart: data by alias are understood by the next processor,
// which asks nobody for a birth.
func TestBirthsSurviveARestart(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	node := devices.Device{ID: "node-1", Kind: devices.Air, ExternalID: "g/n", Placements: []devices.Placement{{
		Comune: "058091", Point: geo.Point{Lat: 41.9, Lon: 12.5}, Cell: "132f61",
	}}}
	r.register(node)
	var asked heard
	r.opt = func(o *process.Options) { o.Command = asked.take }
	now := time.Now()
	r.send(spark(t, "spBv1.0/g/NBIRTH/n", "nbirth.bin", now))
	r.turn()
	r.start()
	r.settle()
	r.end()
	r.send(spark(t, "spBv1.0/g/NDATA/n", "ndata-unborn.bin", now))
	r.start()
	r.settle()
	r.end()
	rows := r.query("SELECT last(temp_c) FROM air WHERE device_id = 'node-1'")
	if len(rows) == 0 || rows[0].Values[0][1] != 22.5 {
		t.Errorf("data by alias after a restart: %v", rows)
	}
	if got := asked.topics(); len(got) != 0 {
		t.Errorf("asked: %q", got)
	}
}

// Data that no birth explains ask the node for one, by the door they came by,
// unless they are old.
func TestAnUnknownAliasAsksForABirth(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	var asked heard
	r.opt = func(o *process.Options) { o.Command = asked.take }
	r.send(spark(t, "spBv1.0/g/NDATA/old", "ndata-unborn.bin", time.Now().Add(-time.Hour)))
	r.send(spark(t, "spBv1.0/g/NDATA/n", "ndata-unborn.bin", time.Now()))
	r.start()
	r.settle()
	r.end()
	if got := asked.topics(); len(got) != 1 || got[0] != "broker spBv1.0/g/NCMD/n" {
		t.Errorf("asked: %q", got)
	}
}

// commander fails as told.
type commander struct {
	heard
	err error
}

func (c *commander) Publish(_ context.Context, cmd ingest.Command) error {
	c.take(cmd)
	return c.err
}

func TestRequests(t *testing.T) {
	for _, fails := range []error{nil, errors.New("nobody is there")} {
		to, metrics := &commander{err: fails}, prometheus.NewRegistry()
		q := process.NewRequests(to, nil, metrics)
		for range 300 { // more than wait
			q.Send(ingest.Command{Door: "mqtt", Topic: "spBv1.0/g/NCMD/n"})
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- q.Run(ctx) }()
		deadline := time.After(20 * time.Second)
		for len(to.topics()) < 3 {
			select {
			case <-deadline:
				t.Fatal("the requests did not leave")
			default:
				waitABit()
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if n := metric(t, metrics, "rione_process_commands_total"); n < 44+3 {
			t.Errorf("%d counted; 44 were too many, and some were sent", n)
		}
	}
}

// waitABit lets a moment pass without a clock of its own.
func waitABit() { <-time.After(5 * time.Millisecond) }
