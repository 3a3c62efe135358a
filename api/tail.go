package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

const tailPattern = "GET /v1/devices/{id}/tail"

// maxTails bounds the tails at once: each one reads the journal for itself.
const maxTails = 16

// ErrTailTooOld is returned by Tails for a time before the journal.
var ErrTailTooOld = errors.New("what was said then cannot be told")

// Tails tell what became of the messages of a device, each as a JSON object. id
// may be one that nobody registered. since is zero for what comes from now on, and
// the Unix epoch for everything in the journal; follow goes on until ctx ends.
type Tails interface {
	Tail(ctx context.Context, id string, since time.Time, follow bool, tell func(message []byte) error) error
}

// serveTail streams messages as server-sent events:
//
//	event: message   data: what was said, what it means, what became of it
//	event: end       everything that was asked for was told
//	event: problem   data: why no more comes
func (s *Server) serveTail(w http.ResponseWriter, r *http.Request) {
	since, follow, err := tailQuestion(r.URL.Query())
	switch {
	case s.o.Tails == nil:
		writeProblem(w, http.StatusNotImplemented, "this server has no journal")
		return
	case err != nil:
		writeProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	select {
	case s.tails <- struct{}{}:
		defer func() { <-s.tails }()
	default:
		w.Header().Set("Retry-After", "10")
		writeProblem(w, http.StatusServiceUnavailable, "too many tails at once; try again later")
		return
	}
	s.stream(w, r, since, follow)
}

// tailQuestion reads the query parameters.
func tailQuestion(query url.Values) (since time.Time, follow bool, err error) {
	for name := range query {
		if !slices.Contains([]string{"since", "follow"}, name) {
			return since, false, badQuery(name, "it is not known here")
		}
	}
	if since, err = parseTime("since", query.Get("since")); err != nil {
		return since, false, err
	}
	switch query.Get("follow") {
	case "", "true":
		return since, true, nil
	case "false":
		return since, false, nil
	}
	return since, false, badQuery("follow", "say true or false")
}

// stream tells the messages until the client goes, or the server ends.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, since time.Time, follow bool) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	t := &tailer{w: w, rc: http.NewResponseController(w), still: s.stillAdmitted(r, tailPattern), heartbeat: s.heartbeat}
	messages := make(chan []byte, 16)
	ended := make(chan error, 1)
	go func() { // ends with ctx; the loop below waits for it
		ended <- s.o.Tails.Tail(ctx, r.PathValue("id"), since, follow, func(m []byte) error {
			select {
			case messages <- m:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	if err := t.run(messages, ended, s.live.done); err != nil {
		cancel()
		<-ended //nolint:errcheck // nobody listens to why
	}
}

// tailer is the client of one tail.
type tailer struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	begun bool

	still     func() bool // whether the client may go on
	heartbeat time.Duration
}

// errTailGone says that nobody listens any more.
var errTailGone = errors.New("the tail's client is gone or its token is, or the server ends")

// run tells what comes. It returns nil when the tail itself has ended.
func (t *tailer) run(messages <-chan []byte, ended <-chan error, closing <-chan struct{}) error {
	// What cannot be told at all is a problem of the request; so the first word
	// waits a moment for it.
	hello := time.NewTimer(100 * time.Millisecond)
	defer hello.Stop()
	alive := time.NewTicker(t.heartbeat)
	defer alive.Stop()
	for {
		var err error
		select {
		case m := <-messages:
			err = t.event("message", m)
		case <-hello.C:
			err = t.send([]byte(": listening\n\n"))
		case <-alive.C:
			if !t.still() {
				return errTailGone
			}
			err = t.send([]byte(": alive\n\n"))
		case <-closing:
			err = errTailGone
		case why := <-ended:
			for len(messages) > 0 && err == nil {
				err = t.event("message", <-messages)
			}
			t.finish(why)
			return nil
		}
		if err != nil {
			return errTailGone
		}
	}
}

// finish tells how the tail ended.
func (t *tailer) finish(why error) {
	switch {
	case why == nil:
		_ = t.event("end", []byte("{}")) // the client may be gone
	case t.begun:
		_ = t.event("problem", []byte(`{"detail":"the journal cannot be read any more; see the log"}`))
	case errors.Is(why, ErrTailTooOld):
		writeProblem(t.w, http.StatusUnprocessableEntity, why.Error())
	default:
		writeProblem(t.w, http.StatusServiceUnavailable, "the journal cannot be read; see /status")
	}
}

func (t *tailer) event(name string, data []byte) error {
	return t.send(slices.Concat([]byte("event: "+name+"\ndata: "), data, []byte("\n\n")))
}

func (t *tailer) send(b []byte) error {
	if !t.begun {
		t.w.Header().Set("Content-Type", "text/event-stream")
		t.w.Header().Set("X-Accel-Buffering", "no")
		t.begun = true
	}
	_ = t.rc.SetWriteDeadline(time.Now().Add(liveWriteTime)) // a recorder in tests has none
	if _, err := t.w.Write(b); err != nil {
		return err
	}
	return t.rc.Flush()
}

// describeTail adds the tail, which is not one of huma's routes, to the
// description.
func (s *Server) describeTail() {
	text := &huma.Schema{Type: "string"}
	problem := func(what string) *huma.Response {
		ref := s.api.OpenAPI().Components.Schemas.Schema(typeOf[huma.ErrorModel](), true, "")
		return &huma.Response{Description: what, Content: map[string]*huma.MediaType{problemType: {Schema: ref}}}
	}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "tail", Method: http.MethodGet, Path: "/v1/devices/{id}/tail", Tags: []string{"devices"},
		Summary:     "What a device says and what becomes of it, as server-sent events",
		Description: "Events message carry one message each: raw, its readings as decoded, its points, what normalization changed and why, what is in quarantine, and when it was stored. The id may be one that nobody registered.\n\n" + access[tailPattern].String(),
		Parameters: []*huma.Param{
			{Name: "id", In: "path", Required: true, Description: "device_id, external identity, or what the device calls itself", Schema: text},
			{Name: "since", In: "query", Description: "RFC 3339: begin with what was received then; 1970-01-01T00:00:00Z for everything in the journal, empty for what comes from now on.", Schema: &huma.Schema{Type: "string", Format: "date-time"}},
			{Name: "follow", In: "query", Description: "false ends at the journal's head.", Schema: &huma.Schema{Type: "boolean", Default: true}},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "events", Content: eventStream("message", "end", "problem")},
			"400": problem("a parameter makes no sense"), "401": problem("a token is needed"), "403": problem("the token may not do this"),
			"422": problem("the journal does not reach back so far"), "429": problem("too many requests"), "501": problem("this server has no journal"), "503": problem("too many tails, or the journal does not answer"),
		},
	})
}
