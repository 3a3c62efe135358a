package webhook

import (
	"errors"
	"net/http"
	"time"

	"rione/ingest"
)

// push is one message on its way into the journal, and an ingest.Acker for it.
// Several requests may wait for it: those with the same idempotency key.
type push struct {
	done   chan struct{} // closed when err stands
	err    error
	settle func()
}

var _ ingest.Acker = (*push)(nil)

// Ack implements ingest.Acker.
func (p *push) Ack(_ uint64, err error) {
	p.err = err
	p.settle()
	p.settle = nil // and with it the body: who asks for the key again wants the outcome only
	close(p.done)
}

// Flush implements ingest.Acker.
func (p *push) Flush() {}

// push submits m, for which a slot is taken, and waits for the commit.
func (d *Door) push(r *http.Request, m *ingest.Message) problem {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		<-d.slots
		return refuse(http.StatusBadRequest, "the Idempotency-Key is longer than 255 bytes")
	}
	p := &push{done: make(chan struct{})}
	p.settle = func() { d.keys.settle(m, key, p); <-d.slots }
	first, ok := d.keys.claim(m, key, p)
	switch {
	case !ok:
		<-d.slots
		return refuse(http.StatusUnprocessableEntity, "this Idempotency-Key came with another body before")
	case first != p:
		<-d.slots
		return d.await(r, first)
	}
	// A full intake holds Submit up for longer than a client waits. The slot
	// stays taken until then, and the intake ends it when it closes.
	go func() {
		if err := d.opt.Intake.Submit(m, p, 0); err != nil {
			p.Ack(0, err)
		}
	}()
	return d.await(r, p)
}

// await waits for the outcome for as long as the client and the door do.
func (d *Door) await(r *http.Request, p *push) problem {
	late := time.NewTimer(d.opt.Wait)
	defer late.Stop()
	select {
	case <-p.done:
	case <-r.Context().Done():
		return unavailable()
	case <-late.C:
		return unavailable()
	}
	switch {
	case p.err == nil:
		return problem{Status: http.StatusAccepted}
	case errors.Is(p.err, ingest.ErrTooLarge):
		return tooLargeProblem()
	case overQuota(p.err):
		return refuse(http.StatusTooManyRequests, p.err.Error())
	case errors.Is(p.err, ingest.ErrClosed):
		return refuse(http.StatusServiceUnavailable, "rione is shutting down; send the same again")
	}
	return unavailable()
}

func overQuota(err error) bool {
	var r *ingest.Refusal
	return errors.As(err, &r) && r.Reason == ingest.OverQuota
}

func unavailable() problem {
	return refuse(http.StatusServiceUnavailable, "the journal takes nothing at the moment; send the same again")
}
