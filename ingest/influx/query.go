package influx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rione/ingest"
)

// Query runs InfluxQL on a database (2.x: a bucket of that name) and returns
// all series. An error of any statement is returned as *Error.
func (c *Client) Query(ctx context.Context, db, q string) ([]ingest.Series, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	var all []ingest.Series
	goesOn := false
	err := c.each(ctx, db, q, func(s *ingest.Series, more bool) error {
		if goesOn {
			last := &all[len(all)-1]
			last.Values = append(last.Values, s.Values...)
		} else {
			all = append(all, *s)
		}
		goesOn = more
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// QueryEach is Query for results of any size: f gets the series in pieces of at
// most 10,000 rows, as they arrive. It has no time-out but the context's. An
// error of f ends the query and is returned.
func (c *Client) QueryEach(ctx context.Context, db, q string, f func(*ingest.Series) error) error {
	return c.each(ctx, db, q, func(s *ingest.Series, _ bool) error { return f(s) })
}

// each is QueryEach whose f is told whether the rest of the series follows.
func (c *Client) each(ctx context.Context, db, q string, f func(s *ingest.Series, more bool) error) error {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	if err := c.authorizeQuery(ctx, header); err != nil {
		return err
	}
	params := url.Values{"epoch": {"ns"}, "chunked": {"true"}}
	if db != "" {
		params.Set("db", db)
	}
	form := strings.NewReader(url.Values{"q": {q}}.Encode())
	resp, err := c.do(ctx, http.MethodPost, "query", params, form, header)
	if err != nil {
		return fmt.Errorf("query InfluxDB: %w", err)
	}
	defer drain(resp)
	if err := eachSeries(resp.Body, f); err != nil {
		return fmt.Errorf("query InfluxDB: %w", err)
	}
	return nil
}

// authorizeQuery helps 2.x over tokens that hold a colon: on /query it takes
// what is before the first one for a user's name and drops it.
func (c *Client) authorizeQuery(ctx context.Context, header http.Header) error {
	if !strings.Contains(c.opts.Token, ":") {
		return nil
	}
	gen, err := c.generation(ctx)
	if err != nil {
		return fmt.Errorf("ask InfluxDB for its version: %w", err)
	}
	if gen == 2 {
		header.Set("Authorization", "Token :"+c.opts.Token)
	}
	return nil
}

// document is one JSON document of an answer; a chunked one has many.
type document struct {
	Error   string
	Results []struct {
		Error  string
		Series []struct {
			Name    string
			Tags    map[string]string
			Columns []string
			Values  [][]any
			Partial bool
		}
	}
}

func eachSeries(r io.Reader, f func(s *ingest.Series, more bool) error) error {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	for {
		var doc document
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if doc.Error != "" {
			return &Error{Status: http.StatusOK, Detail: doc.Error}
		}
		for _, result := range doc.Results {
			if result.Error != "" {
				return &Error{Status: http.StatusOK, Detail: result.Error}
			}
			for _, raw := range result.Series {
				s := ingest.Series{Name: raw.Name, Tags: raw.Tags, Columns: raw.Columns, Values: raw.Values}
				if err := convert(&s); err != nil {
					return err
				}
				if err := f(&s, raw.Partial); err != nil {
					return err
				}
			}
		}
	}
}

// convert gives the values, as JSON holds them, their Go types.
func convert(s *ingest.Series) error {
	timeColumn := slices.Index(s.Columns, "time")
	for _, row := range s.Values {
		for i, v := range row {
			n, ok := v.(json.Number)
			if !ok {
				continue
			}
			x, err := number(n.String())
			if err != nil {
				return err
			}
			if ns, isInt := x.(int64); isInt && i == timeColumn {
				row[i] = time.Unix(0, ns).UTC()
			} else {
				row[i] = x
			}
		}
	}
	return nil
}

// number keeps integers exact and reads everything else as float64.
func number(text string) (any, error) {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
	}
	return strconv.ParseFloat(text, 64)
}
