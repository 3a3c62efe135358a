package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rione/ingest/webhook"
)

func newImport() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Bring history in"}
	var format string
	var rate int
	readings := &cobra.Command{
		Use: "readings FILE", Short: "Bring readings of the past in (- reads standard input)",
		Long: "Lines are CSV under a header (time,device_id,measurement and fields and tags by name), NDJSON with the same members, or line protocol.\n" +
			"They go through the HTTP door, so journal, ledger (as door import) and quarantine know them, and rollups are made again.\n" +
			"Bringing a line in twice changes nothing. A stopped import goes on where it was: FILE.progress says where.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if rate < 1 {
				return usageError{fmt.Errorf("--rate is %d; say how many readings a second", rate)}
			}
			return withClient(c, func(cl *client) error {
				i := &importer{client: cl, rate: rate, format: format, errs: c.ErrOrStderr()}
				return i.file(c.Context(), c, args[0])
			})
		},
	}
	readings.Flags().StringVar(&format, "format", "", "csv, ndjson or lp; told from the first line when empty")
	readings.Flags().IntVar(&rate, "rate", 2000, "readings a second at the most")
	cmd.AddCommand(readings)
	return cmd
}

// readingsTogether is how many readings one request brings, and requestBytes how
// large it gets; the door takes 1 MiB.
const (
	readingsTogether = 500
	requestBytes     = 512 << 10
)

// importer brings the lines of one file in.
type importer struct {
	client   *client
	rate     int
	format   string
	errs     io.Writer
	progress string // file that says how many lines are done, "" for none

	read    lineReader
	line    int // number of the line at hand
	pending []json.RawMessage
	size    int
	taken   int
	bad     int
	told    time.Time
}

func (i *importer) file(ctx context.Context, c *cobra.Command, name string) error {
	in, done := c.InOrStdin(), 0
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in, i.progress = f, name+".progress"
		if b, err := os.ReadFile(i.progress); err == nil {
			done, _ = strconv.Atoi(strings.TrimSpace(string(b))) // a damaged one begins anew
		}
	}
	if done > 0 {
		fmt.Fprintf(i.errs, "going on after line %d; delete %s to begin anew\n", done, i.progress)
	}
	err := i.lines(ctx, in, done)
	fmt.Fprintf(c.OutOrStdout(), "%d readings taken, %d lines refused\n", i.taken, i.bad)
	if err != nil {
		return fmt.Errorf("line %d: %w; run it again to go on", i.line, err)
	}
	if i.progress != "" {
		if err := os.Remove(i.progress); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if i.bad > 0 {
		return silentError{}
	}
	return nil
}

// lines brings in what stands after the first done lines.
func (i *importer) lines(ctx context.Context, in io.Reader, done int) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, requestBytes)
	for lines.Scan() {
		i.line++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if i.read == nil {
			read, header, err := readerOf(i.format, line)
			if err != nil {
				return err
			}
			i.read = read
			if header {
				continue
			}
		}
		if i.line <= done {
			continue
		}
		i.take(line)
		if len(i.pending) >= readingsTogether || i.size >= requestBytes/2 {
			if err := i.send(ctx); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return i.send(ctx)
}

// take reads one line; what is wrong with it is told, and the rest goes on.
func (i *importer) take(line []byte) {
	m, err := i.read(line)
	var b []byte
	if err == nil {
		b, err = json.Marshal(m)
	}
	if err != nil {
		i.bad++
		fmt.Fprintf(i.errs, "line %d: %v\n", i.line, err)
		return
	}
	i.pending = append(i.pending, b)
	i.size += len(b)
}

// send brings what is pending in, at the rate that was asked for, and notes how
// far the file is done.
func (i *importer) send(ctx context.Context) error {
	if len(i.pending) == 0 {
		return nil
	}
	body, err := json.Marshal(i.pending)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := i.push(ctx, body); err != nil {
		return err
	}
	n := len(i.pending)
	i.taken += n
	i.pending, i.size = i.pending[:0], 0
	if i.progress != "" {
		if err := os.WriteFile(i.progress, fmt.Appendln(nil, i.line), 0o600); err != nil {
			fmt.Fprintf(i.errs, "this import cannot be resumed: %v\n", err)
			i.progress = ""
		}
	}
	if time.Since(i.told) > 5*time.Second {
		fmt.Fprintf(i.errs, "line %d: %d readings taken\n", i.line, i.taken)
		i.told = time.Now()
	}
	return wait(ctx, time.Duration(n)*time.Second/time.Duration(i.rate)-time.Since(began))
}

// push sends one request, again for as long as the door is busy.
func (i *importer) push(ctx context.Context, body []byte) error {
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.client.base+"/ingest/v1/native", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+i.client.token)
		req.Header.Set(webhook.HistoryHeader, "true")
		resp, err := i.client.http.Do(req)
		if err != nil {
			return fmt.Errorf("%w (%w)", errNotRunning, err)
		}
		err = nil
		if resp.StatusCode >= 300 {
			err = problemOf(resp)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusServiceUnavailable && resp.StatusCode != http.StatusTooManyRequests {
			return err
		}
		fmt.Fprintf(i.errs, "rione is busy, trying again in %v: %v\n", pause, err)
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(max(0, d)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
