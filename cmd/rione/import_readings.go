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
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rione/ingest/webhook"
)

func newImport() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Bring history in"}
	var format string
	var rate int
	var dry bool
	readings := &cobra.Command{
		Use: "readings FILE", Short: "Bring readings of the past in (- reads standard input)",
		Long: "Lines are CSV under a header (time,device_id,measurement and fields and tags by name), NDJSON with the same members, or line protocol.\n" +
			"A CSV column may name the unit of its values, as in temp_c [°F]; beside semicolons a decimal comma is understood.\n" +
			"Each line is checked first; one that cannot be stored is told with its field and the reason, and left out.\n" +
			"The others go through the HTTP door, so journal and ledger (as door import) know them, and rollups are made again.\n" +
			"Bringing a line in twice changes nothing. A stopped import goes on where it was: FILE.progress says where.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if rate < 1 {
				return usageError{fmt.Errorf("--rate is %d; say how many readings a second", rate)}
			}
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			cl, err := running(cfg)
			if err != nil {
				return err
			}
			i := &importer{
				client: cl, check: newChecker(cl, cfg.RetentionIn, time.Now().UTC()), rate: rate, format: format, dry: dry,
				out: c.OutOrStdout(), errs: c.ErrOrStderr(),
			}
			return i.file(c.Context(), args[0], c.InOrStdin())
		},
	}
	readings.Flags().StringVar(&format, "format", "", "csv, ndjson or lp; told from the first line when empty")
	readings.Flags().IntVar(&rate, "rate", 2000, "readings a second at the most")
	readings.Flags().BoolVar(&dry, "dry-run", false, "check the lines and bring nothing in")
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
	client    *client
	check     *checker
	rate      int
	format    string
	dry       bool // nothing is brought in
	out, errs io.Writer
	progress  progress

	read    lineReader
	line    int // number of the line at hand
	pending []json.RawMessage
	size    int
	taken   int
	bad     int
	shown   int // lines that something was told of
	told    time.Time
}

func (i *importer) file(ctx context.Context, name string, in io.Reader) error {
	done := 0
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
		if !i.dry {
			if i.progress, done, err = openProgress(f, i.errs); err != nil {
				return err
			}
		}
	}
	err := i.lines(ctx, in, done)
	if err != nil && i.read == nil { // the file is none, which going on does not mend
		return fmt.Errorf("line %d: %w", i.line, err)
	}
	i.summarize()
	switch {
	case err != nil && i.read == nil: // nothing was begun
		return fmt.Errorf("line %d: %w", i.line, err)
	case err != nil:
		return fmt.Errorf("line %d: %w; run it again to go on", i.line, err)
	}
	if err := i.progress.end(); err != nil {
		return err
	}
	if i.bad > 0 {
		return silentError{}
	}
	return nil
}

func (i *importer) summarize() {
	if i.shown > mostShown {
		fmt.Fprintf(i.errs, "%d more lines have something to be told, which is not shown\n", i.shown-mostShown)
	}
	if i.dry {
		fmt.Fprintf(i.out, "dry run, nothing is brought in: %d readings, %d lines refused\n", i.taken, i.bad)
		return
	}
	fmt.Fprintf(i.out, "%d readings taken, %d lines refused\n", i.taken, i.bad)
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
		if err := i.take(ctx, line); err != nil {
			return err
		}
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
func (i *importer) take(ctx context.Context, line []byte) error {
	m, err := i.read(line)
	if m == nil && err == nil {
		return nil // it says nothing that is to be brought in
	}
	var b []byte
	if err == nil {
		b, err = json.Marshal(m)
	}
	var aside []string
	if err == nil {
		aside, err = i.check.check(ctx, b)
	}
	var down registryError
	if errors.As(err, &down) {
		return down
	}
	if err != nil {
		i.bad++
		i.tell(strings.ReplaceAll(err.Error(), "\n", "; "))
		return nil
	}
	for _, text := range aside {
		i.tell(text)
	}
	i.pending = append(i.pending, b)
	i.size += len(b)
	return nil
}

// mostShown bounds the lines that are told: a file may be wrong throughout.
const mostShown = 1000

func (i *importer) tell(text string) {
	if i.shown++; i.shown <= mostShown {
		fmt.Fprintf(i.errs, "line %d: %s\n", i.line, text)
	}
}

// send brings what is pending in, at the rate that was asked for, and notes how
// far the file is done.
func (i *importer) send(ctx context.Context) error {
	n := len(i.pending)
	if n == 0 {
		return nil
	}
	began := time.Now()
	if !i.dry {
		body, err := json.Marshal(i.pending)
		if err == nil {
			err = i.push(ctx, body)
		}
		if err != nil {
			return err
		}
	}
	i.taken += n
	i.pending, i.size = i.pending[:0], 0
	if i.dry {
		return ctx.Err()
	}
	if err := i.progress.note(i.line); err != nil {
		fmt.Fprintf(i.errs, "this import cannot be resumed: %v\n", err)
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
		resp, err := i.client.ask(ctx, http.MethodPost, importPath, nil, http.Header{webhook.HistoryHeader: {"true"}}, body)
		if err == nil {
			return resp.Body.Close()
		}
		if !answered(err, http.StatusServiceUnavailable) && !answered(err, http.StatusTooManyRequests) {
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
