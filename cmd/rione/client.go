package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
	"rione/cmd/rione/config"
)

// client speaks to the API of a running rione.
type client struct {
	base  string
	token string
	http  http.Client
}

// errNotRunning is returned where no rione runs on the data folder.
var errNotRunning = errors.New("rione is not running; start it with `rione up`")

// running returns a client of the rione that holds the data folder, or, when a
// token is given in the environment, of the one that RIONE_HTTP_LISTEN names.
func running(cfg config.Config) (*client, error) {
	c := &client{token: cfg.AdminToken, http: http.Client{Timeout: 5 * time.Minute}}
	if at, err := app.Running(cfg.DataDir); err == nil {
		c.base = "http://" + at.HTTP
		if c.token == "" {
			if c.token, err = app.AdminToken(cfg.DataDir); err != nil {
				return nil, err
			}
		}
		return c, nil
	}
	if cfg.AdminToken == "" {
		return nil, errNotRunning
	}
	c.base = "http://" + cfg.HTTPListen
	quick := http.Client{Timeout: 2 * time.Second}
	resp, err := quick.Get(c.base + "/status")
	if err != nil {
		return nil, errNotRunning
	}
	defer resp.Body.Close()
	return c, nil
}

// do sends a request and reads the answer as JSON into out. A problem of the
// API becomes an error that says what it says.
func (c *client) do(ctx context.Context, method, path string, query url.Values, contentType string, body []byte, out any) error {
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return c.send(ctx, method, path, query, header, body, out)
}

func (c *client) send(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte, out any) error {
	resp, err := c.ask(ctx, method, path, query, header, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// download copies an answer to w as it comes.
func (c *client) download(ctx context.Context, path string, query url.Values, w io.Writer) error {
	resp, err := c.ask(ctx, http.MethodGet, path, query, http.Header{}, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the answer broke off: %w", err)
	}
	return nil
}

// ask sends a request and returns the answer, whose body is the caller's to
// close. A problem of the API becomes an error.
func (c *client) ask(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte) (*http.Response, error) {
	u := c.base + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, u, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errNotRunning, err)
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, advised(problemOf(resp), resp.StatusCode, path)
	}
	return resp, nil
}

// advised adds what to do next where the API does not know of this command.
func advised(err error, status int, path string) error {
	if status == http.StatusUnauthorized {
		return fmt.Errorf("%w; set RIONE_ADMIN_TOKEN to the token that this rione was started with", err)
	}
	parts := strings.Split(path, "/") // /v1/LIST/NAME
	if status != http.StatusNotFound || len(parts) < 4 || strings.Contains(err.Error(), "`") {
		return err
	}
	if list := listOf(parts[2]); list != "" {
		return fmt.Errorf("%w (%s); `rione %s list` names what there is", err, parts[3], list)
	}
	return err
}

// listOf returns the command that lists a collection of the API, "" for none.
func listOf(collection string) string {
	switch collection {
	case "devices", "events", "maintenance", "quarantine", "quota", "routes", "tokens":
		return collection
	case "replays":
		return "replay"
	case "publications":
		return "opendata"
	}
	return ""
}

func (c *client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.do(ctx, http.MethodGet, path, query, "", nil, out)
}

func (c *client) post(ctx context.Context, path string, body, out any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, path, nil, "application/json", b, out)
}

// apiError is what the API answered in place of what was asked for.
type apiError struct {
	status int
	text   string
}

// Error implements error.
func (e *apiError) Error() string { return e.text }

// answered tells whether an error is an answer of the API with that status.
func answered(err error, status int) bool {
	var e *apiError
	return errors.As(err, &e) && e.status == status
}

// problem is an error of the API after RFC 9457.
type problem struct {
	Status        int
	Title, Detail string
	Errors        []struct{ Location, Message string }
}

// problemOf reads an answer that is a problem.
func problemOf(resp *http.Response) error {
	var p problem
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if json.Unmarshal(b, &p) != nil || p.Detail == "" {
		return &apiError{resp.StatusCode, "the API answered " + resp.Status}
	}
	p.Status = resp.StatusCode
	return p.err()
}

// err returns the error that p describes, a line for each of its details.
func (p *problem) err() error {
	lines := []string{p.Detail}
	for _, e := range p.Errors {
		lines = append(lines, "  "+strings.TrimPrefix(e.Location, "body.")+": "+e.Message)
	}
	return &apiError{p.Status, strings.Join(lines, "\n")}
}

// runningHere returns a client of the rione that the command's configuration names.
func runningHere(c *cobra.Command) (*client, error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return nil, err
	}
	return running(cfg)
}

// withClient runs f on the API of the running rione.
func withClient(c *cobra.Command, f func(*client) error) error {
	cl, err := runningHere(c)
	if err != nil {
		return err
	}
	return f(cl)
}
