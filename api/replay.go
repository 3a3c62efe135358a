package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Errors of Replays.
var (
	// ErrReplayBusy is returned by Start while another replay runs.
	ErrReplayBusy = errors.New("a replay is running already; wait for its end, or cancel it")
	// ErrReplayRefused wraps what is wrong with a request.
	ErrReplayRefused = errors.New("this cannot be replayed")
)

// ReplayRequest says what of the journal is processed again.
type ReplayRequest struct {
	Since   time.Time `json:"since,omitzero" required:"false" doc:"Receive time from which on messages are applied again; a restatement deletes points of that time and later. None: everything in the journal."`
	Until   time.Time `json:"until,omitzero" required:"false" doc:"Points of this time and later stay as they are; none: none does."`
	Devices []string  `json:"devices,omitempty" maxItems:"10000" doc:"None: all."`
	Format  string    `json:"format,omitempty" maxLength:"64" doc:"Only messages of this format."`
	Restate bool      `json:"restate,omitempty" doc:"Delete the points of the devices first: for changes of time, place or unit in the past."`
	DryRun  bool      `json:"dry_run,omitempty" doc:"Only count what would be done."`
	Note    string    `json:"note,omitempty" maxLength:"500" doc:"Why."`
}

// ReplayView is a replay and how far it is.
type ReplayView struct {
	ID      string        `json:"id"`
	Request ReplayRequest `json:"request"`
	Author  string        `json:"author,omitempty"`
	State   string        `json:"state" enum:"running,done,failed,cancelled"`
	Error   string        `json:"error,omitempty"`
	Created time.Time     `json:"created"`
	Ended   *time.Time    `json:"ended,omitempty"`
	Percent float64       `json:"percent" doc:"Of the journal's records."`
	Counts  ReplayCounts  `json:"counts"`
}

// ReplayCounts say what a replay has done, or would do.
type ReplayCounts struct {
	Records     int64            `json:"records" doc:"Records of the journal that were read."`
	Messages    int64            `json:"messages" doc:"Messages applied."`
	Points      int64            `json:"points" doc:"Points written."`
	Suspect     int64            `json:"suspect" doc:"Of these, values set aside."`
	Refused     map[string]int64 `json:"refused" doc:"Messages refused, by reason."`
	Expired     int64            `json:"expired" doc:"Messages older than the retention."`
	Released    int64            `json:"released" doc:"Messages that left quarantine, since they are stored now."`
	Quarantined int64            `json:"quarantined" doc:"Messages put into quarantine, by a restatement."`
}

// ReplayList are the replays, the newest first.
type ReplayList struct {
	Replays []ReplayView `json:"replays"`
}

// Replays processes messages of the journal again. Its errors may wrap
// ErrReplayBusy, ErrReplayRefused and ErrNotFound.
type Replays interface {
	Start(ctx context.Context, r ReplayRequest, author string) (ReplayView, error)
	Get(ctx context.Context, id string) (ReplayView, error)
	List(ctx context.Context) ([]ReplayView, error)
	Cancel(ctx context.Context, id string) (ReplayView, error)
}

type replayInput struct{ Body ReplayRequest }

type replayPath struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *Server) routeReplays() {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"replay"}, Errors: []int{501}}
	}
	start := op("start-replay", http.MethodPost, "/v1/replays", "Process messages of the journal again")
	start.Description = "Applies, for the chosen devices, everything from its start to the journal's head, in order, beside the live data. It goes on after a restart. One replay runs at a time."
	start.DefaultStatus = http.StatusAccepted
	start.Errors = append(start.Errors, http.StatusConflict)
	handle(s, start, s.startReplay)
	handle(s, op("list-replays", http.MethodGet, "/v1/replays", "Replays, the newest first"), s.listReplays)
	handle(s, op("get-replay", http.MethodGet, "/v1/replays/{id}", "How far a replay is"), s.getReplay)
	handle(s, op("cancel-replay", http.MethodDelete, "/v1/replays/{id}", "Stop a replay; what it applied stays"), s.cancelReplay)
}

func (s *Server) startReplay(ctx context.Context, in *replayInput) (*body[ReplayView], error) {
	if err := has(s.o.Replays != nil, "journal to replay"); err != nil {
		return nil, err
	}
	v, err := s.o.Replays.Start(ctx, in.Body, author(ctx))
	switch {
	case errors.Is(err, ErrReplayBusy):
		return nil, huma.Error409Conflict(err.Error())
	case errors.Is(err, ErrReplayRefused):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, err
	}
	return &body[ReplayView]{Body: v}, nil
}

func (s *Server) listReplays(ctx context.Context, _ *none) (*body[ReplayList], error) {
	if err := has(s.o.Replays != nil, "journal to replay"); err != nil {
		return nil, err
	}
	list, err := s.o.Replays.List(ctx)
	if err != nil {
		return nil, err
	}
	return &body[ReplayList]{Body: ReplayList{Replays: append([]ReplayView{}, list...)}}, nil
}

func (s *Server) getReplay(ctx context.Context, in *replayPath) (*body[ReplayView], error) {
	if err := has(s.o.Replays != nil, "journal to replay"); err != nil {
		return nil, err
	}
	v, err := s.o.Replays.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[ReplayView]{Body: v}, nil
}

func (s *Server) cancelReplay(ctx context.Context, in *replayPath) (*body[ReplayView], error) {
	if err := has(s.o.Replays != nil, "journal to replay"); err != nil {
		return nil, err
	}
	v, err := s.o.Replays.Cancel(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[ReplayView]{Body: v}, nil
}
