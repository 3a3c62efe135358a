package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// RollupStatus is how far the windows are that are made of readings.
type RollupStatus struct {
	Until   time.Time `json:"until,omitzero" doc:"Every window that ends by then is made; absent before the first run."`
	Behind  float64   `json:"behind_s" doc:"Seconds behind what could be made by now."`
	Late    uint64    `json:"late" doc:"Notes of late readings whose windows are yet to be made again."`
	Places  time.Time `json:"places_since,omitzero" doc:"Since when hours of places stand; absent where they reach as far back as those of devices."`
	Failure string    `json:"failure,omitempty" doc:"Why the last run failed."`
}

// RollupOrder says which windows are made again.
type RollupOrder struct {
	Since   time.Time `json:"since,omitzero" required:"false" doc:"From the window that holds this time on; none: from the first reading."`
	Until   time.Time `json:"until,omitzero" required:"false" doc:"Up to this time, not included; none: all that are made."`
	Devices []string  `json:"devices,omitempty" maxItems:"10000" doc:"None: all, or those of the comune."`
	Comune  string    `json:"comune,omitempty" maxLength:"6" doc:"ISTAT code: the devices that stand there or once did. This or devices."`
	DryRun  bool      `json:"dry_run,omitempty" doc:"Only count what would be done."`
}

// RollupOrdered is what an order comes to.
type RollupOrdered struct {
	Since        time.Time `json:"since" doc:"From when on there are readings to make windows of."`
	Until        time.Time `json:"until" doc:"Until when windows are made; since where nothing is to be done."`
	Devices      int       `json:"devices"`
	Measurements int       `json:"measurements" doc:"That there are readings of."`
	Quarters     int64     `json:"quarters" doc:"Quarters of an hour of one device and measurement at most; hours, days and months are made of them."`
}

// ErrRollupRefused wraps what is wrong with an order.
var ErrRollupRefused = errors.New("these windows cannot be made again")

type rollupInput struct{ Body RollupOrder }

func (s *Server) routeRollups() {
	redo := huma.Operation{OperationID: "redo-rollups", Method: http.MethodPost, Path: "/v1/rollups/redo", Tags: []string{"service"},
		Summary:     "Make windows again of what readings there are",
		Description: "Works in the background beside what comes in, and goes on after a restart; /v1/rollups says what waits. Windows whose readings are no longer kept stay as they are.",
		Errors:      []int{501}}
	redo.DefaultStatus = http.StatusAccepted
	handle(s, redo, s.redoRollups)
	handle(s, huma.Operation{OperationID: "rollups", Method: http.MethodGet, Path: "/v1/rollups", Tags: []string{"service"},
		Summary: "How far the windows of 15 minutes, hours, days and months are", Errors: []int{501}}, s.rollups)
}

func (s *Server) rollups(ctx context.Context, _ *none) (*body[RollupStatus], error) {
	if s.o.Rollups == nil {
		return nil, huma.Error501NotImplemented("this rione makes no rollups")
	}
	st, err := s.o.Rollups(ctx)
	if err != nil {
		return nil, err
	}
	return &body[RollupStatus]{Body: st}, nil
}

func (s *Server) redoRollups(ctx context.Context, in *rollupInput) (*body[RollupOrdered], error) {
	if err := has(s.o.RedoRollups != nil, "rollups"); err != nil {
		return nil, err
	}
	done, err := s.o.RedoRollups(ctx, in.Body)
	if errors.Is(err, ErrRollupRefused) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	if err != nil {
		return nil, err
	}
	return &body[RollupOrdered]{Body: done}, nil
}
