// Package grafana speaks to a Grafana server. It adapts
// grafana-api-golang-client to what dashboards needs, and does by HTTP of its
// own what that library cannot.
package grafana

import (
	"context"
	"log/slog"
	"time"

	"rione/dashboards"
)

// Options configure a Client.
type Options struct {
	URL     string        // of Grafana, sub-path included; required
	Token   string        // of a service account with the role Admin; required
	OrgID   int64         // organisation, 0: the token's own
	Timeout time.Duration // of one request; 0 means 15 s
	Logger  *slog.Logger  // nil discards
}

// Client is one organisation of a Grafana server. It is safe for concurrent use.
type Client struct{ opts Options }

var _ dashboards.Grafana = (*Client)(nil)

// New returns a Client. It does no I/O.
func New(o Options) (*Client, error) { return &Client{opts: o}, nil }

// Owned implements dashboards.Grafana.
func (c *Client) Owned(ctx context.Context, kind dashboards.ResourceKind, label string) ([]dashboards.Resource, error) {
	return nil, nil
}

// Create implements dashboards.Grafana.
func (c *Client) Create(ctx context.Context, r dashboards.Resource) error { return nil }

// Update implements dashboards.Grafana.
func (c *Client) Update(ctx context.Context, r, live dashboards.Resource) error { return nil }

// Delete implements dashboards.Grafana.
func (c *Client) Delete(ctx context.Context, live dashboards.Resource) error { return nil }
