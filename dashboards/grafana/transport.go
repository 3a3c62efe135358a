package grafana

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxAnswer is more than any dashboard has.
const maxAnswer = 32 << 20

// transport ends requests with ctx and turns every answer that is no success
// of the API into an *Error, also those that the library would take for one.
type transport struct {
	ctx  context.Context //nolint:containedctx // the library takes no context
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	defer context.AfterFunc(t.ctx, cancel)()
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, t.because(err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	resp.Body.Close()
	if err != nil {
		return nil, t.because(err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("grafana's answer is larger than %d MiB", maxAnswer>>20)
	}
	if e := failure(resp, body); e != nil {
		return nil, e
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// because prefers the caller's own reason for an end.
func (t *transport) because(err error) error {
	if cause := t.ctx.Err(); cause != nil {
		return cause
	}
	return fmt.Errorf("%w: grafana does not answer: check its URL, and that it runs", err)
}

// failure returns what is wrong with an answer, nil when it is the API's yes.
func failure(resp *http.Response, body []byte) *Error {
	e := &Error{Status: resp.StatusCode, Message: message(body)}
	text := bytes.TrimSpace(body)
	switch {
	case resp.StatusCode >= 400:
	case resp.StatusCode >= 300:
		e.Message = "it redirects to " + resp.Header.Get("Location") + ": give Grafana's final URL"
	case len(text) > 0 && !strings.ContainsRune("{[", rune(text[0])) && string(text) != "null": // an empty list, at times
		e.Message = "this is a web page, not Grafana's API: check the URL and its sub-path"
	default:
		return nil
	}
	return e
}
