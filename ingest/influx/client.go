// Package influx writes points to InfluxDB and reads them back. It speaks to
// 1.8 and 2.x alike: writes go to /api/v2/write as line protocol, queries are
// InfluxQL, which both answer.
package influx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	ihttp "github.com/influxdata/influxdb-client-go/v2/api/http"
	"github.com/prometheus/client_golang/prometheus"
)

// Options says which InfluxDB to speak to.
type Options struct {
	URL     string                // base URL; required
	Token   string                // 2.x: a token; 1.8: user:password; "" where authentication is off
	Org     string                // 2.x: name of the organisation; 1.8 ignores it
	Timeout time.Duration         // of one request, except streaming queries; 0 means 30 s
	Logger  *slog.Logger          // nil discards
	Metrics prometheus.Registerer // nil for none
}

// Validate reports what is wrong with o.
func (o *Options) Validate() error {
	u, err := url.Parse(o.URL)
	if err != nil {
		return fmt.Errorf("the URL of InfluxDB: %w", err)
	}
	if u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("the URL of InfluxDB must be http://host:port or https://host:port, not %q", o.URL)
	}
	if o.Timeout < 0 {
		return errors.New("the time-out of InfluxDB must not be negative")
	}
	return nil
}

// Client speaks to one InfluxDB. It is safe for concurrent use.
type Client struct {
	opts     Options
	base     *url.URL
	loopback bool
	http     *http.Client
	api      influxdb2.Client
	service  ihttp.Service
	gen      atomic.Int32 // major version of the server, 0 while unknown
}

// NewClient returns a client; it does not connect yet.
func NewClient(o Options) (*Client, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	base, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
	if err != nil {
		return nil, err
	}
	loopback := isLoopback(base)
	hc := &http.Client{Transport: transport(loopback)}
	api := influxdb2.NewClientWithOptions(base.String(), o.Token,
		influxdb2.DefaultOptions().SetHTTPClient(hc).SetApplicationName("rione"))
	return &Client{opts: o, base: base, loopback: loopback, http: hc, api: api, service: api.HTTPService()}, nil
}

func transport(loopback bool) *http.Transport {
	return &http.Transport{
		DisableCompression:  loopback, // compressing for ourselves costs more than it saves
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     90 * time.Second,
	}
}

func isLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// Close gives idle connections back. The client may not be used after it.
func (c *Client) Close() {
	c.api.Close()
	c.http.CloseIdleConnections()
}

// Error is an answer of InfluxDB that is not a success.
type Error struct {
	Status     int           // HTTP status; 200 for an error within an InfluxQL result
	Detail     string        // what the server said
	RetryAfter time.Duration // when to come back, 0 when it did not say
}

// Error implements error.
func (e *Error) Error() string {
	said := fmt.Sprintf("InfluxDB answered %d: %s", e.Status, e.Detail[:min(len(e.Detail), 500)])
	if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden {
		said += "; check RIONE_INFLUX_TOKEN, or the token of that target"
	}
	return said
}

// Ready returns nil when the server takes requests. It needs no token.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.Version(ctx)
	return err
}

// Version returns the version that the server gives itself, such as "1.8.10";
// servers built without release flags say "unknown" or "dev".
func (c *Client) Version(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	resp, err := c.do(ctx, http.MethodGet, "health", nil, nil, nil)
	if err != nil {
		return "", err
	}
	defer drain(resp)
	var health struct{ Version, Status, Message string }
	if err := decodeSmall(resp.Body, &health); err != nil {
		return "", fmt.Errorf("read InfluxDB's health: %w", err)
	}
	if health.Status != "pass" {
		return "", fmt.Errorf("InfluxDB is not ready: %s %s", health.Status, health.Message)
	}
	return strings.TrimPrefix(health.Version, "v"), nil
}

// generation returns 1 or 2. Only 2.x has an endpoint for its set-up.
func (c *Client) generation(ctx context.Context) (int32, error) {
	if gen := c.gen.Load(); gen != 0 {
		return gen, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	resp, err := c.do(ctx, http.MethodGet, "api/v2/setup", nil, nil, nil)
	var refused *Error
	gen := int32(2)
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
		gen = 1
	case err != nil:
		return 0, err
	default:
		drain(resp)
	}
	c.gen.Store(gen)
	return gen, nil
}

// do sends one request and returns the answer when it is a success; the caller
// drains it. Other answers are *Error.
func (c *Client) do(ctx context.Context, method, path string, params url.Values, body io.Reader, header http.Header) (*http.Response, error) {
	u := c.base.JoinPath(path)
	u.RawQuery = params.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	resp, err := c.service.DoHTTPRequestWithResponse(req, func(r *http.Request) {
		for key, values := range header {
			r.Header[key] = values
		}
	})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		defer drain(resp)
		return nil, readError(resp)
	}
	return resp, nil
}
