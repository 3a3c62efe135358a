// Package grafana speaks to a Grafana server. It adapts
// grafana-api-golang-client to what dashboards needs, and does by HTTP of its
// own what that library, which is no longer kept up, cannot.
package grafana

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"time"

	gapi "github.com/grafana/grafana-api-golang-client"

	"rione/dashboards"
)

// DefaultTimeout of one request.
const DefaultTimeout = 15 * time.Second

// Options configure a Client.
type Options struct {
	URL     string        // of Grafana, sub-path included; required
	Token   string        // of a service account with the role Admin; required
	OrgID   int64         // organisation that the token must be of, 0: whichever it is of
	Timeout time.Duration // of one request; 0 means DefaultTimeout
	Logger  *slog.Logger  // nil discards
}

// Validate returns what is wrong with the options.
func (o Options) Validate() error {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("the Grafana URL must look like https://host or https://host/sub-path")
	case u.User != nil:
		return errors.New("the Grafana URL must not hold a password: give a service account's token")
	case o.Token == "":
		return errors.New("a Grafana token is needed: make a service account with the role Admin and a token for it")
	case o.OrgID < 0 || o.Timeout < 0:
		return errors.New("the organisation and the time-out of Grafana must not be negative")
	case os.Getenv("GF_LOG") != "":
		return errors.New("unset GF_LOG: with it the Grafana library would log secrets")
	}
	return nil
}

// Client is one organisation of a Grafana server. It is safe for concurrent
// use. Requests are never repeated by themselves: a POST is not idempotent.
type Client struct {
	opts Options
	base *url.URL
	http http.RoundTripper
	log  *slog.Logger
}

var _ dashboards.Grafana = (*Client)(nil)

// New returns a Client. It does no I/O.
func New(o Options) (*Client, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	base, err := url.Parse(o.URL)
	if err != nil {
		return nil, err
	}
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	return &Client{
		opts: o, base: base, http: http.DefaultTransport, log: cmp.Or(o.Logger, slog.New(slog.DiscardHandler)),
	}, nil
}

// bound returns a client whose requests end with ctx.
func (c *Client) bound(ctx context.Context) *http.Client {
	return &http.Client{
		Transport:     &transport{ctx: ctx, base: c.http},
		Timeout:       c.opts.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// api returns the library's client for one call: it knows no context itself.
func (c *Client) api(ctx context.Context) (*gapi.Client, error) {
	return gapi.New(c.opts.URL, gapi.Config{APIKey: c.opts.Token, OrgID: c.opts.OrgID, Client: c.bound(ctx)})
}

// do is the way for what the library cannot. A nil in sends no body, a nil out
// reads none.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base.JoinPath(path).String(), &body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.opts.Token)
	req.Header.Set("Content-Type", "application/json")
	if c.opts.OrgID != 0 {
		req.Header.Set("X-Grafana-Org-Id", strconv.FormatInt(c.opts.OrgID, 10))
	}
	resp, err := c.bound(ctx).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // the transport has read it all
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read grafana's answer to %s %s: %w", method, path, err)
	}
	return nil
}

var goodUID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,40}$`)

// checkUID refuses what could reach other endpoints of the API.
func checkUID(uid string) error {
	if !goodUID.MatchString(uid) {
		return fmt.Errorf("%q is no UID: Grafana takes 1 to 40 of a-z, A-Z, 0-9, - and _", uid)
	}
	return nil
}
