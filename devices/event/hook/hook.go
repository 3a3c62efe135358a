// Package hook delivers events to a web address of the operator's: one POST of
// JSON for each change, signed, and never to addresses of the inner network
// unless that is allowed.
package hook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"rione/devices/event"
	"rione/devices/event/keep"
)

// Options configure a Hook. URL and Secret are required.
type Options struct {
	URL     string        // https, or http where Private is set
	Secret  []byte        // key of the signature, 16 bytes or more
	Before  []byte        // the secret before that one, for as long as the receiver may know only one of both; nil: none
	Private bool          // addresses of the inner network are allowed
	Timeout time.Duration // of one POST; default 10 s
	Version string        // of the product, for the User-Agent
	Logger  *slog.Logger  // nil discards
	Metrics prometheus.Registerer
	Now     func() time.Time // nil is time.Now
}

// leastSecret is the least length of a secret, bytes.
const leastSecret = 16

// Validate returns what is wrong with the options.
func (o *Options) Validate() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the webhook's address must look like https://host/path")
	}
	switch {
	case u.Scheme == "http" && !o.Private:
		return errors.New("the webhook's address must be https: http is for the inner network only, when that is allowed")
	case u.User != nil:
		return errors.New("the webhook's address must not hold a user or password: the signature proves who sends")
	case len(o.Secret) < leastSecret:
		return fmt.Errorf("the webhook's secret must have %d bytes or more", leastSecret)
	case len(o.Before) > 0 && len(o.Before) < leastSecret:
		return fmt.Errorf("the webhook's secret of before must have %d bytes or more", leastSecret)
	}
	return nil
}

// Hook posts events.
type Hook struct {
	o      Options
	client http.Client
	sent   *prometheus.CounterVec
}

// New returns a hook; it does no I/O.
func New(o Options) (*Hook, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Hook{o: o, sent: promauto.With(o.Metrics).NewCounterVec(prometheus.CounterOpts{
		Name: "rione_event_webhook_posts_total", Help: "Posts to the events' webhook, by what became of them.",
	}, []string{"result"})}
	dialer := &net.Dialer{Timeout: o.Timeout}
	if !o.Private {
		dialer.Control = publicOnly // after names are resolved, for redirects too
	}
	h.client = http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{ // no proxy: it would connect where the dialer may not
			DialContext: dialer.DialContext, TLSHandshakeTimeout: o.Timeout, MaxIdleConns: 1, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		},
		CheckRedirect: h.redirect,
	}
	return h, nil
}

const maxRedirects = 3

// redirect follows where the body goes along, and never from https to http.
func (h *Hook) redirect(next *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	case next.Method != http.MethodPost:
		return http.ErrUseLastResponse // the answer says so: 301, 302 and 303 lose the body
	case via[0].URL.Scheme == "https" && next.URL.Scheme != "https":
		return &keep.RefusedError{Err: errors.New("it redirects from https to http")}
	case next.URL.Host != via[0].URL.Host:
		return &keep.RefusedError{Err: errors.New("it redirects to another host; set the address to where it leads")}
	}
	return nil
}

// Message is the body of a post.
type Message struct {
	Delivery uint64      `json:"delivery"` // numbers the changes; the same when one is sent again
	Event    event.Event `json:"event"`
}

// Names of the headers.
const (
	DeliveryHeader  = "Rione-Delivery"
	TimestampHeader = "Rione-Timestamp" // Unix seconds of this try
	SignatureHeader = "Rione-Signature" // v1=HMAC-SHA256 of timestamp "." body, hexadecimal; two of them, with a comma between, while the secret changes
)

// Sign returns the signature of a body that is sent at a time.
func Sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp)) // never fails, as the two below
	mac.Write([]byte("."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Deliver posts one change. It implements the Deliver of a keep.Follower:
// devices that joined or left are not posted, answers that will not change are
// a keep.RefusedError.
func (h *Hook) Deliver(ctx context.Context, seq uint64, e event.Event) error {
	if e.Step == event.Updated {
		return nil
	}
	body, err := json.Marshal(Message{Delivery: seq, Event: e})
	if err != nil {
		return &keep.RefusedError{Err: err}
	}
	err = h.post(ctx, seq, body)
	var refused *keep.RefusedError
	switch {
	case err == nil:
		h.sent.WithLabelValues("taken").Inc()
	case errors.As(err, &refused):
		h.sent.WithLabelValues("refused").Inc()
	default:
		h.sent.WithLabelValues("failed").Inc()
	}
	return err
}

func (h *Hook) post(ctx context.Context, seq uint64, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.o.URL, bytes.NewReader(body))
	if err != nil {
		return &keep.RefusedError{Err: err}
	}
	timestamp := strconv.FormatInt(h.o.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "rione/"+cmp.Or(h.o.Version, "dev"))
	req.Header.Set(DeliveryHeader, strconv.FormatUint(seq, 10))
	req.Header.Set(TimestampHeader, timestamp)
	signature := Sign(h.o.Secret, timestamp, body)
	if len(h.o.Before) > 0 {
		signature += "," + Sign(h.o.Before, timestamp, body)
	}
	req.Header.Set(SignatureHeader, signature)
	resp, err := h.client.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	return answered(resp, h.o.Now())
}

// withoutURL takes the address, which may hold a secret, out of an error.
func withoutURL(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		return with.Err
	}
	return err
}

// answered turns a status into what to do next.
func answered(resp *http.Response, now time.Time) error {
	code := resp.StatusCode
	err := fmt.Errorf("the webhook answered %d", code)
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return &keep.RetryAfterError{Pause: pauseOf(resp.Header.Get("Retry-After"), now), Err: err}
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code >= 500,
		code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound: // being set up, or wrongly
		return err
	}
	return &keep.RefusedError{Err: err}
}

// pauseOf reads a Retry-After: seconds, or a date.
func pauseOf(text string, now time.Time) time.Duration {
	if s, err := strconv.Atoi(text); err == nil && s >= 0 && s < 1e6 {
		return time.Duration(s) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}
