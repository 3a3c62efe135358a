package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// RollupStatus is how far the windows are that are made of readings.
type RollupStatus struct {
	Until   time.Time `json:"until,omitzero" doc:"Every window that ends by then is made; absent before the first run."`
	Behind  float64   `json:"behind_s" doc:"Seconds behind what could be made by now."`
	Late    uint64    `json:"late" doc:"Notes of late readings whose windows are yet to be made again."`
	Failure string    `json:"failure,omitempty" doc:"Why the last run failed."`
}

func (s *Server) routeRollups() {
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
