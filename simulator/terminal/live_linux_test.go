package terminal_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rione/simulator/terminal"
)

// terminalPair returns a terminal and the end that a person looks at.
func terminalPair(t *testing.T) (program, person *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("SKIPPED: there are no terminals here, so nobody sees the live view: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 200}); err != nil {
		t.Fatal(err)
	}
	return program, person
}

// seen returns what a person sees of a run that is shown to a terminal.
func seen(t *testing.T, o terminal.Options) (screen, out string) {
	t.Helper()
	program, person := terminalPair(t)
	read := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(person) // ends with an error when the program does
		read <- string(all)
	}()
	var summaries bytes.Buffer
	v := terminal.New(&summaries, program, o)
	play(v)
	if err := v.Summary(summary()); err != nil {
		t.Fatal(err)
	}
	program.Close()
	select {
	case screen = <-read:
	case <-time.After(20 * time.Second):
		t.Fatal("the terminal does not end")
	}
	return screen, summaries.String()
}

// On a terminal each phase has a bar of its own, which is drawn over and over and
// is full at its end; the summary follows.
func TestTheLiveView(t *testing.T) {
	screen, out := seen(t, terminal.Options{})
	escapes := regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)
	last := map[string]string{} // of each phase, what stands there at last
	for drawn := range strings.SplitSeq(escapes.ReplaceAllString(screen, ""), "\r") {
		if phase, _, ok := strings.Cut(strings.TrimSpace(drawn), " "); ok {
			last[phase] = strings.TrimSpace(drawn)
		}
	}
	for phase, want := range map[string][]string{
		"connecting": {"connecting  20 of 20", "100%"},
		"publishing": {"publishing  3s of 1m0s  100/s  published 300  acked 299  waiting 1  ack p50 4 p99 21 ms  lag p99 1 ms  refused 2  breaks 3", "%"},
		"draining":   {"draining    acked 5999 of 6000", "%"},
		"verifying":  {"verifying   20 of 20 devices", "100%"},
	} {
		for _, w := range want {
			if !strings.Contains(last[phase], w) {
				t.Errorf("%s ends as %q, want %q", phase, last[phase], w)
			}
		}
	}
	if strings.Count(screen, "\r") < 6 || !strings.Contains(out, "pass:") {
		t.Errorf("%q\n%s", screen, out)
	}
}

// Who wants it quiet, or JSON, gets nothing else: no progress on the terminal
// of the one, and one object from the other.
func TestAQuietTerminal(t *testing.T) {
	if screen, out := seen(t, terminal.Options{Quiet: true}); screen != "" || !strings.Contains(out, "pass:") {
		t.Errorf("%q\n%s", screen, out)
	}
	screen, out := seen(t, terminal.Options{JSON: true})
	if screen == "" || !strings.HasPrefix(out, "{") || strings.Count(out, "\n") != 1 {
		t.Errorf("%q\n%s", screen, out)
	}
}
