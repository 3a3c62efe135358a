// Package account asks rione's API what became of messages: whether what was to
// be refused is in quarantine with its reason, and whether the ledger balances.
package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Target is the API.
type Target struct {
	URL   string // http://127.0.0.1:8080; "" = none
	Token string
}

// Expected is what is to be in quarantine.
type Expected struct {
	Topic  string
	Reason string // or several, with bars between them, where any will do
}

// Question says what the API is asked.
type Question struct {
	Since    time.Time          // messages before do not count
	Bad      map[Expected]int64 // how many of each are to be in quarantine
	Acked    int64              // messages that we have an acknowledgement for
	Deadline time.Time          // until when it may still be catching up
}

// Answer is what the API said.
type Answer struct {
	Garbage     int64 `json:"garbage"`      // acked, and to be in quarantine
	Quarantined int64 `json:"quarantined"`  // of those: there, with the right reason
	WrongReason int64 `json:"wrong_reason"` // there, with another
	Missing     int64 `json:"missing"`      // not there

	LedgerAcked int64  `json:"ledger_acked"` // messages that the ledger has as acked
	LedgerOpen  int64  `json:"ledger_open"`  // of those: not accounted for
	Example     string `json:"example,omitempty"`
}

// Clean tells whether everything is where it is to be.
func (a *Answer) Clean(q *Question) bool {
	return a.WrongReason == 0 && a.Missing == 0 && a.LedgerOpen == 0 && a.LedgerAcked >= q.Acked
}

// pause is the time between two questions to an API that is catching up.
const pause = 250 * time.Millisecond

// Ask asks until everything is accounted for or the deadline is over.
func Ask(ctx context.Context, t Target, q Question) (*Answer, error) {
	c := client{target: t, http: &http.Client{Timeout: timeout, Transport: &http.Transport{}}}
	defer c.http.CloseIdleConnections()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		a, err := c.once(ctx, &q)
		late := !time.Now().Before(q.Deadline)
		switch {
		case err != nil && (late || errors.Is(err, errDenied)):
			return nil, err
		case err == nil && (late || a.Clean(&q)):
			return a, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

const timeout = 30 * time.Second

// client asks the API.
type client struct {
	target Target
	http   *http.Client
}

func (c *client) once(ctx context.Context, q *Question) (*Answer, error) {
	a := &Answer{}
	if len(q.Bad) > 0 {
		found, err := c.quarantine(ctx, q.Since)
		if err != nil {
			return nil, err
		}
		a.compare(q.Bad, found)
	}
	return a, c.ledger(ctx, q.Since, a)
}

// compare tells what is expected and there from what is missing. What stands in
// quarantine beyond that is of others. found is used up.
func (a *Answer) compare(want, found map[Expected]int64) {
	missing := map[string]int64{}                // by topic
	for _, choosy := range []bool{true, false} { // who takes any reason comes last
		for e, n := range want {
			if choosy == strings.Contains(e.Reason, "|") {
				continue
			}
			got := take(found, e, n)
			a.Garbage, a.Quarantined = a.Garbage+n, a.Quarantined+got
			if missing[e.Topic] += n - got; got < n {
				a.Example = fmt.Sprintf("%d × %s on %s, found %d", n, e.Reason, e.Topic, got)
			}
		}
	}
	for e, spare := range found {
		other := min(missing[e.Topic], spare)
		missing[e.Topic] -= other
		a.WrongReason += other
	}
	for _, n := range missing {
		a.Missing += n
	}
}

// take takes up to n of what is expected out of what was found.
func take(found map[Expected]int64, e Expected, n int64) (got int64) {
	for reason := range strings.SplitSeq(e.Reason, "|") {
		at := Expected{e.Topic, reason}
		taken := min(n-got, found[at])
		found[at] -= taken
		got += taken
	}
	return got
}

// page is a page of GET /v1/quarantine.
type page struct {
	Entries []struct {
		Topic  string `json:"topic"`
		Reason string `json:"reason"`
	} `json:"entries"`
	Next string `json:"next"`
}

// quarantine counts what is in quarantine since a time.
func (c *client) quarantine(ctx context.Context, since time.Time) (map[Expected]int64, error) {
	out := map[Expected]int64{}
	query := url.Values{"since": {since.UTC().Format(time.RFC3339Nano)}, "limit": {"1000"}}
	for {
		var p page
		if err := c.get(ctx, "/v1/quarantine", query, &p); err != nil {
			return nil, fmt.Errorf("read the quarantine: %w", err)
		}
		for _, e := range p.Entries {
			out[Expected{e.Topic, e.Reason}]++
		}
		if p.Next == "" {
			return out, nil
		}
		query.Set("cursor", p.Next)
	}
}

// margin is how far the doors' clock may be behind ours.
const margin = time.Second

func (c *client) ledger(ctx context.Context, since time.Time, a *Answer) error {
	var answer struct {
		Total struct {
			Acked int64 `json:"acked"`
			Open  int64 `json:"open"`
		} `json:"total"`
	}
	query := url.Values{"by": {"door"}, "start": {since.Add(-margin).UTC().Format(time.RFC3339Nano)}, "end": {time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}}
	if err := c.get(ctx, "/v1/ledger", query, &answer); err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	a.LedgerAcked, a.LedgerOpen = answer.Total.Acked, answer.Total.Open
	return nil
}

// errDenied is what asking again does not help.
var errDenied = errors.New("the API refuses the token")

func (c *client) get(ctx context.Context, path string, query url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.target.URL, "/")+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.target.Token)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return json.NewDecoder(resp.Body).Decode(out)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w (%s)", errDenied, resp.Status)
	}
	return fmt.Errorf("the API says %s", resp.Status)
}
