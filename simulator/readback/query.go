// Package readback asks InfluxDB what it holds and compares it, reading by
// reading, with what was published. It speaks InfluxQL over HTTP by itself.
package readback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fastjson"
)

// Target is the InfluxDB to ask.
type Target struct {
	URL   string // http://127.0.0.1:8086
	Token string // sent as "Authorization: Token …", "" = none
	DB    string
}

// Limits of a query.
const (
	queryTimeout = 60 * time.Second
	maxAnswer    = 256 << 20
)

// client asks InfluxQL queries.
type client struct {
	target Target
	http   *http.Client
}

// row is one point of the answer, as SELECT * shows it: whatever is text is a
// tag, whatever is a number is a field.
type row struct {
	measurement string
	ms          int64
	tags        map[string]string
	fields      map[string]float64
}

// query asks statements, joined by semicolons, and calls see for each row. The
// row is valid until see returns.
func (c *client) query(ctx context.Context, statements string, see func(*row)) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	form := url.Values{"db": {c.target.DB}, "epoch": {"ms"}, "q": {statements}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.target.URL, "/")+"/query", strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("ask InfluxDB: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.target.Token != "" {
		req.Header.Set("Authorization", "Token "+c.target.Token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask InfluxDB: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("read InfluxDB's answer: %w", err)
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w (%s): %s", errDenied, resp.Status, excerpt(body))
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("InfluxDB says %s: %s", resp.Status, excerpt(body))
	}
	return parseAnswer(body, see)
}

// errDenied is what asking again does not help.
var errDenied = errors.New("InfluxDB refuses the token; for 1.8 it is user:password")

func excerpt(body []byte) string { return strings.TrimSpace(string(body[:min(len(body), 300)])) }

// parseAnswer reads the JSON of a query's answer.
func parseAnswer(body []byte, see func(*row)) error {
	answer, err := fastjson.ParseBytes(body)
	if err != nil {
		return fmt.Errorf("InfluxDB's answer is no JSON: %w", err)
	}
	for _, result := range answer.GetArray("results") {
		if text := result.GetStringBytes("error"); text != nil {
			return fmt.Errorf("InfluxDB says: %s", text)
		}
		for _, series := range result.GetArray("series") {
			if series.GetBool("partial") {
				return errors.New("InfluxDB cut its answer short (max-row-limit); raise it for a read-back")
			}
			parseSeries(series, see)
		}
	}
	return nil
}

func parseSeries(series *fastjson.Value, see func(*row)) {
	r := row{measurement: string(series.GetStringBytes("name")), tags: map[string]string{}, fields: map[string]float64{}}
	var columns []string
	for _, c := range series.GetArray("columns") {
		columns = append(columns, string(c.GetStringBytes()))
	}
	timeColumn := slices.Index(columns, "time")
	if timeColumn < 0 {
		return
	}
	for _, values := range series.GetArray("values") {
		clear(r.tags)
		clear(r.fields)
		for i, v := range values.GetArray() {
			switch {
			case i >= len(columns):
			case i == timeColumn:
				r.ms = v.GetInt64()
			case v.Type() == fastjson.TypeString:
				r.tags[columns[i]] = string(v.GetStringBytes())
			case v.Type() == fastjson.TypeNumber:
				r.fields[columns[i]] = v.GetFloat64()
			}
		}
		see(&r)
	}
}
