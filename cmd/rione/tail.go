package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rione/ingest/process"
)

func newTail() *cobra.Command {
	var since string
	var noFollow, asJSON bool
	cmd := &cobra.Command{
		Use: "tail DEVICE", Short: "Watch what a device says, what it means and what becomes of it",
		Long: "Shows each message raw and decoded, what was changed on the way and why, and when it was stored.\n" +
			"DEVICE is an id, an external identity, or what a device calls itself that nobody registered.\n" +
			"With --since it begins in the past, as far as the journal reaches: a time, a date, how long ago (2h, 3d), or start.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q := url.Values{}
			if since != "" {
				from, err := instant("since", since, time.Now())
				if err != nil {
					return usageError{err}
				}
				if from.IsZero() {
					from = time.Unix(0, 0).UTC() // everything in the journal
				}
				q.Set("since", from.Format(time.RFC3339Nano))
			}
			if noFollow {
				q.Set("follow", "false")
			}
			return withClient(c, func(cl *client) error {
				return cl.tail(c.Context(), args[0], q, func(message []byte) error {
					return showMessage(c.OutOrStdout(), message, asJSON)
				})
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "begin in the past: a time, a date, or how long ago")
	cmd.Flags().BoolVar(&noFollow, "no-follow", false, "end with what there is")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, a message a line")
	return cmd
}

// tail reads the events of a tail until it ends or ctx does.
func (c *client) tail(ctx context.Context, device string, q url.Values, show func([]byte) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/v1/devices/"+url.PathEscape(device)+"/tail?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	endless := http.Client{Transport: c.http.Transport}
	resp, err := endless.Do(req)
	if err != nil {
		return fmt.Errorf("%w (%w)", errNotRunning, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return problemOf(resp)
	}
	err = readEvents(resp.Body, show)
	if ctx.Err() != nil {
		return nil // Ctrl-C ends a tail
	}
	return err
}

// longestEvent bounds an event: a message with its payload in base64, twice.
const longestEvent = 16 << 20

// readEvents reads server-sent events. The stream must say that it ends.
func readEvents(r io.Reader, show func([]byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestEvent)
	event := ""
	for lines.Scan() {
		name, value, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		switch {
		case string(name) == "event":
			event = string(value)
		case string(name) != "data":
		case event == "message":
			if err := show(value); err != nil {
				return err
			}
		case event == "end":
			return nil
		case event == "problem":
			var p struct{ Detail string }
			_ = json.Unmarshal(value, &p) // else the words are missing
			return errors.New(p.Detail)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return errors.New("rione ended the tail; is it stopping?")
}

func showMessage(w io.Writer, message []byte, asJSON bool) error {
	if asJSON {
		_, err := fmt.Fprintf(w, "%s\n", message)
		return err
	}
	var t process.Trace
	if err := json.Unmarshal(message, &t); err != nil {
		return err
	}
	return writeTrace(w, &t)
}

// writeTrace writes a message for a person: what was said, what it means, what
// was changed and why, and what became of it.
func writeTrace(w io.Writer, t *process.Trace) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s", t.Received.Format(time.RFC3339Nano), t.Outcome, t.Device)
	for _, part := range []struct{ name, value string }{{"format", t.Format}, {"route", t.Route}, {"door", t.Door}, {"client", t.Client}, {"id", t.ID}} {
		if part.value != "" {
			fmt.Fprintf(&b, "  %s %s", part.name, part.value)
		}
	}
	fmt.Fprintf(&b, "\n  raw      %s %s\n", t.Topic, short(t.Payload))
	for i := range t.Readings {
		r := &t.Readings[i]
		fmt.Fprintf(&b, "  decoded  %s %s\n", r.Measurement, pairs(r.Values))
	}
	for _, n := range t.Notes {
		fmt.Fprintf(&b, "  %-8s ", n.What)
		for _, word := range []string{n.Field, n.From} {
			if word != "" {
				b.WriteString(word + " ")
			}
		}
		if n.To != "" {
			b.WriteString("→ " + n.To + " ")
		}
		b.WriteString("(" + n.Why + ")\n")
	}
	for _, r := range t.Refused {
		fmt.Fprintf(&b, "  refused  %s %s: %s\n", r.Reason, r.Field, r.Detail)
	}
	for i := range t.Points {
		p := &t.Points[i]
		fmt.Fprintf(&b, "  point    %s %s %s q=%d\n", p.Measurement, p.Time.Format(time.RFC3339Nano), strings.TrimSpace(pairs(p.Tags)+" "+pairs(p.Fields)), p.Q)
	}
	fmt.Fprintf(&b, "  %s\n\n", storedText(t))
	_, err := io.WriteString(w, b.String())
	return err
}

// storedText says when the points were in the store.
func storedText(t *process.Trace) string {
	switch {
	case t.Pending:
		return "not processed yet: it waits in the journal; see `rione doctor`"
	case len(t.Points) == 0:
		return "nothing of it is stored"
	case t.Stored.IsZero():
		return "stored before rione started"
	}
	return fmt.Sprintf("stored %s, %v after it came", t.Stored.Format(time.RFC3339Nano), t.Stored.Sub(t.Received).Round(time.Millisecond))
}

func pairs[V any](m map[string]V) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		words = append(words, fmt.Sprint(name, "=", m[name]))
	}
	return strings.Join(words, " ")
}

// short cuts a payload that would fill the screen.
func short(s string) string {
	const most = 500
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + fmt.Sprintf("… (%d bytes)", len(s))
	}
	return s
}
