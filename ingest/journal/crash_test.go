package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest/journal"
)

// childFolder tells the test binary that it is the process to be killed.
const childFolder = "RIONE_TEST_JOURNAL_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir, os.Stdout))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child appends records until it is killed and says which are acked; beside
// that it reads and commits them and says how far.
func child(dir string, out io.Writer) error {
	ctx := context.Background()
	e, err := journal.StartEngine(ctx, journal.EngineOptions{Dir: dir, MaxStore: 1 << 30})
	if err != nil {
		return err
	}
	nc, err := e.Connect("child")
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	j, err := journal.Open(ctx, js, journal.Options{MaxBytes: 512 << 20})
	if err != nil {
		return err
	}
	r, err := j.Reader(ctx, 0)
	if err != nil {
		return err
	}
	s, err := j.Status(ctx)
	if err != nil {
		return err
	}
	go func() {
		for {
			e, err := r.Next(ctx)
			if err == nil && e.Seq%5 == 0 {
				err = r.Commit(ctx, e.Seq, e.Data)
				fmt.Fprintln(out, "committed", e.Seq)
			}
			if err != nil {
				fmt.Fprintln(out, "failed", err)
				return
			}
		}
	}()
	for i := s.LastSeq + 1; ; i++ {
		if err := j.Append(ctx, 0, body(i), strconv.FormatUint(i, 10)); err != nil {
			return err
		}
		fmt.Fprintln(out, "acked", i)
	}
}

// body is the record of a sequence, some of them large.
func body(seq uint64) []byte {
	return fmt.Appendf(nil, "%d %s", seq, strings.Repeat("x", int(seq%7)*9000))
}

// Killed again and again, the engine keeps every acked record once and in
// order, and the reader goes on after what was committed.
func TestKilledEngineLosesNothing(t *testing.T) {
	dir := t.TempDir()
	for round := range 5 {
		acked, committed := killAfter(t, dir, 40+25*round)
		t.Run(fmt.Sprint("round ", round), func(t *testing.T) { checkAfterCrash(t, dir, acked, committed) })
	}
}

func checkAfterCrash(t *testing.T, dir string, acked, committed uint64) {
	log := &logged{}
	r := openIn(t, dir, journal.Options{MaxBytes: 512 << 20, Logger: log.logger()})
	s := r.status(t)
	if s.LastSeq < acked || s.Records != s.LastSeq {
		t.Fatalf("%d were acked; the journal holds %+v", acked, s)
	}
	// The last one may have been committed in the moment of the kill: without
	// another, the reader would wait.
	s.LastSeq++
	r.append(t, 0, string(body(s.LastSeq)))
	reader := r.reader(t, 0)
	e, err := reader.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e.Seq <= committed || e.Seq%5 != 1 {
		t.Fatalf("after commit %d the reader goes on at %d", committed, e.Seq)
	}
	if want := string(body(e.Seq - 1)); e.Seq > 1 && string(reader.State()) != want {
		t.Errorf("the state is not that of record %d", e.Seq-1)
	}
	for seq := e.Seq + 1; seq <= s.LastSeq; seq++ {
		next(t, reader, string(body(seq)))
	}
	if got := log.String(); got != "" {
		t.Errorf("log is %s", got)
	}
}

// killAfter runs the child over dir, kills it after so many acks and returns the
// last ones that it reported.
func killAfter(t *testing.T, dir string, acks int) (acked, committed uint64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); {
		what, number, _ := strings.Cut(lines.Text(), " ")
		seq, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		switch what {
		case "acked":
			acked = seq
			n++
		case "committed":
			committed = seq
		}
		if n == acks {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || acked == 0 || committed == 0 {
		t.Fatalf("the child was not killed: %v, acked %d, committed %d", err, acked, committed)
	}
	return acked, committed
}

// A tail that a power cut tore off costs the records in it and no others; what
// was processed of them does not hide what is appended afterwards.
func TestTornTail(t *testing.T) {
	dir := t.TempDir()
	t.Run("before", func(t *testing.T) {
		r := openIn(t, dir, journal.Options{})
		r.append(t, 0, numbered(1, 20)...)
		commit(t, r.reader(t, 0), 20, "")
	})
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", journal.StreamName, "msgs", "*.blk"))
	if err != nil || len(blocks) != 1 {
		t.Fatalf("blocks %v, error %v", blocks, err)
	}
	info, err := os.Stat(blocks[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(blocks[0], info.Size()-5); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(blocks[0]), "index.db")); err != nil {
		t.Fatal(err)
	}
	log := &logged{}
	r := openIn(t, dir, journal.Options{Logger: log.logger()})
	if s := r.status(t); s.Records != 19 || s.LastSeq != 19 {
		t.Fatalf("status is %+v", s)
	}
	if got := log.String(); !strings.Contains(got, "processed=20 last=19") {
		t.Errorf("log is %q", got)
	}
	r.append(t, 0, "after")
	next(t, r.reader(t, 0), "after")
}
