package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Bounds of the live feed.
const (
	maxLiveClients = 4096
	liveWriteTime  = 20 * time.Second // a client that takes nothing for so long is gone
	liveHeartbeat  = 15 * time.Second // a comment, so that proxies and clients see life
	eventDevices   = 200              // devices in one event
)

// serveLive streams changes as server-sent events:
//
//	event: latest   data: array of devices with their latest readings
//	event: event    data: an event as /v1/events gives it, at each of its changes
//	event: reset    the id that was resumed from is of another run: load anew
//
// The id is of the last change sent; a client that sends it as Last-Event-ID
// continues from there, with the changes of events too. It has the boot in it,
// since ticks begin anew.
func (s *Server) serveLive(w http.ResponseWriter, r *http.Request) {
	choose, err := s.liveFilter(r.Context(), r.URL.Query())
	if err != nil {
		writeProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	if s.live.count() >= maxLiveClients {
		w.Header().Set("Retry-After", "10")
		writeProblem(w, http.StatusServiceUnavailable, "too many live clients; try again later")
		return
	}
	c := &liveClient{hub: s.live, told: s.told, choose: choose, w: w, rc: http.NewResponseController(w), boot: s.boot, still: s.stillAdmitted(r, "GET /v1/live"), heartbeat: s.heartbeat}
	c.tick = s.live.join()
	_, c.heard, _ = s.told.after(0)
	defer s.live.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	if c.resume(r.Header.Get("Last-Event-ID")) == nil {
		c.stream(r.Context())
	}
}

// liveFilter reads the query parameters of the feed.
func (s *Server) liveFilter(ctx context.Context, query url.Values) (*chooser, error) {
	for name := range query {
		if !slices.Contains([]string{"q", "kind", "comune", "zone", "bbox"}, name) {
			return nil, badQuery(name, "it is not known here")
		}
	}
	f := DeviceFilter{Q: query.Get("q"), Kind: query.Get("kind"), Comune: query.Get("comune"),
		Zone: query.Get("zone"), BBox: query.Get("bbox")}
	return f.chooser(s.place, scopeOf(ctx))
}

// liveClient is one reader of the feed, at its own pace.
type liveClient struct {
	hub    *hub
	choose *chooser

	told  *announcements
	heard uint64 // number of the announcement that comes next
	w     http.ResponseWriter
	rc    *http.ResponseController
	boot  string
	tick  uint64 // the last one told
	buf   []byte

	still     func() bool // whether the client may go on
	heartbeat time.Duration
}

// resume sets where the client continues.
func (c *liveClient) resume(lastEventID string) error {
	hello := "retry: 2000\n"
	switch tick, heard, ok := c.placeOf(lastEventID); {
	case lastEventID == "":
	case ok:
		c.tick, c.heard = tick, heard
	default:
		hello += "event: reset\ndata: {}\n"
	}
	return c.send([]byte(hello + "id: " + c.id() + "\n\n"))
}

// id says how far the client has heard: the tick, and the change of an event that
// comes next.
func (c *liveClient) id() string { return fmt.Sprintf("%s-%d-%d", c.boot, c.tick, c.heard) }

// placeOf reads an id; ok is false when it is not of this run, or so old that not
// all that came since can be told.
func (c *liveClient) placeOf(id string) (tick, heard uint64, ok bool) {
	boot, place, _ := strings.Cut(id, "-")
	ticks, changes, _ := strings.Cut(place, "-")
	tick, err := strconv.ParseUint(ticks, 10, 64)
	heard, wrong := strconv.ParseUint(changes, 10, 64)
	ok = err == nil && wrong == nil && boot == c.boot && tick <= c.tick && heard <= c.heard && c.told.keeps(heard)
	return tick, heard, ok
}

func (c *liveClient) stream(ctx context.Context) {
	heartbeat := time.NewTicker(c.heartbeat)
	defer heartbeat.Stop()
	for {
		batches, head, wake, kept := c.hub.after(c.tick)
		if err := c.tell(batches, head, kept); err != nil {
			return
		}
		news, next, more := c.told.after(c.heard)
		if c.announce(news, next) != nil {
			return
		}
		if len(batches) > 0 || len(news) > 0 || !kept {
			continue // more may have come while this was written
		}
		select {
		case <-wake:
		case <-more:
		case <-heartbeat.C:
			if !c.still() || c.send([]byte(": alive\n\n")) != nil {
				return
			}
		case <-c.hub.done:
			return
		case <-ctx.Done():
			return
		}
	}
}

// tell writes what the client wants of the batches, or all that changed since
// its tick when the batches are no longer kept.
func (c *liveClient) tell(batches []batch, head uint64, kept bool) error {
	if !kept {
		changes := c.hub.since(c.tick, c.choose)
		c.tick = head
		return c.write(changes)
	}
	for _, b := range batches {
		c.tick = b.tick
		var changes []change
		for _, ch := range b.changes {
			if c.choose.wants(ch.device) {
				changes = append(changes, ch)
			}
		}
		if err := c.write(changes); err != nil {
			return err
		}
	}
	return nil
}

// write sends changes as events of a bounded size. Only the last one carries
// the id: a client that breaks off between them gets all of them again.
func (c *liveClient) write(changes []change) error {
	for len(changes) > 0 {
		n := min(len(changes), eventDevices)
		c.buf = append(c.buf[:0], "event: latest\n"...)
		if n == len(changes) {
			c.buf = append(append(append(c.buf, "id: "...), c.id()...), '\n')
		}
		c.buf = append(c.buf, "data: ["...)
		for i, ch := range changes[:n] {
			if i > 0 {
				c.buf = append(c.buf, ',')
			}
			c.buf = append(c.buf, ch.object...)
		}
		c.buf = append(c.buf, "]\n\n"...)
		if err := c.send(c.buf); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

func (c *liveClient) send(b []byte) error {
	_ = c.rc.SetWriteDeadline(time.Now().Add(liveWriteTime)) // a recorder in tests has none
	if _, err := c.w.Write(b); err != nil {
		return err
	}
	return c.rc.Flush()
}

// describeLive adds the feed, which is not one of huma's routes, to the
// description.
func (s *Server) describeLive() {
	text := &huma.Schema{Type: "string"}
	parameter := func(name, doc string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: text}
	}
	problem := func(what string) *huma.Response {
		ref := s.api.OpenAPI().Components.Schemas.Schema(typeOf[huma.ErrorModel](), true, "")
		return &huma.Response{Description: what, Content: map[string]*huma.MediaType{problemType: {Schema: ref}}}
	}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "live", Method: http.MethodGet, Path: "/v1/live", Tags: []string{"readings"},
		Summary:     "New latest values as server-sent events",
		Description: "Events latest carry an array of devices as /v1/readings/latest gives them. Send the last id as Last-Event-ID to continue, with the changes of events too; events event carry one change of an event each, as /v1/events gives it; an event reset says to load anew.\n\n" + access["GET /v1/live"].String(),
		Parameters: []*huma.Param{
			parameter("q", "Part of the id, the name, the comune's name or the zone."),
			parameter("kind", "Kinds, separated by commas."), parameter("comune", "ISTAT codes, separated by commas."),
			parameter("zone", "Municipio or quartiere."), parameter("bbox", "minLon,minLat,maxLon,maxLat in degrees."),
			{Name: "Last-Event-ID", In: "header", Description: "The last id received.", Schema: text},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "events", Content: eventStream("latest", "event", "reset")},
			"400": problem("the filter makes no sense"), "401": problem("a token is needed"),
			"403": problem("the token's role is too low"), "429": problem("too many requests"), "503": problem("too many clients"),
		},
	})
}
