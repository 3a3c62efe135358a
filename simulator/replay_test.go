package simulator_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/mosquittotest"
	"rione/simulator/recording"
)

// record runs mosquitto_sub while work runs, until it has written what work says,
// and returns its file. Something retained tells when it listens.
func record(t *testing.T, address, format string, work func() int64) string {
	t.Helper()
	program, err := exec.LookPath("mosquitto_sub")
	if err != nil {
		t.Skip("SKIPPED: mosquitto_sub is not installed; without it nothing proves that recordings are read as they are made")
	}
	host, port, _ := strings.Cut(address, ":")
	path := filepath.Join(t.TempDir(), "day.ndjson")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, program, "-h", host, "-p", port, "-q", "1", "-t", "sc/#", "-t", "application/#", "-F", format)
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := func() int64 {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return int64(bytes.Count(text, []byte("\n")))
	}
	eventually(t, "the recorder listens", func() bool { return lines() > 0 })
	before := lines()
	want := work()
	eventually(t, "everything is recorded", func() bool { return lines() >= before+want })
	stop()
	_ = cmd.Wait() // it was killed
	return path
}

// written writes a recording of n messages, each so long after the one before.
func written(t *testing.T, n int, gap time.Duration) *recording.Recording {
	t.Helper()
	var text strings.Builder
	at := time.Unix(1_774_000_000, 0).UTC()
	for k := range n {
		fmt.Fprintf(&text, `{"tst":%q,"topic":"sc/v1/058091/air/a-%d/up","payload":"%d"}`+"\n", at.Add(time.Duration(k)*gap).Format(time.RFC3339Nano), k%3, k)
	}
	path := filepath.Join(t.TempDir(), "day.ndjson")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

func open(t *testing.T, path string) *recording.Recording {
	t.Helper()
	r, err := recording.Open(recording.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What mosquitto_sub recorded of a city is played again byte for byte, in order,
// and each time alike.
func TestARecordedDayIsPlayedAgain(t *testing.T) {
	f := func(name, format string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := mosquittotest.Start(t)
			city := newCity(t, simulator.CityOptions{Seed: 3, Devices: 30, Formats: []string{"native", "chirpstack"}})
			play := func() int64 {
				s, err := simulator.Run(t.Context(), city, simulator.Options{Broker: "tcp://" + address, Rate: 100, For: time.Second})
				if err != nil || !s.Clean() {
					t.Fatalf("%+v, %v", s, err)
				}
				return s.Published
			}
			play() // leaves retained states, which are not of the day
			path := record(t, address, format, play)
			r := open(t, path)

			again := mosquittotest.Start(t)
			heard := listen(t, again)
			o := simulator.Options{Broker: "tcp://" + again, Speed: 2}
			first, err := simulator.Replay(t.Context(), r, o)
			if err != nil {
				t.Fatal(err)
			}
			if r.Len() < 90 || first.Published != r.Len() || first.Planned != r.Len() || first.Acked != r.Len() || !first.Clean() || first.Connections != len(r.Clients()) {
				t.Errorf("%d messages of %d clients: %+v", r.Len(), len(r.Clients()), first)
			}
			eventually(t, "everything is heard", func() bool {
				heard.mu.Lock()
				defer heard.mu.Unlock()
				return int64(len(heard.bodies)) == r.Len()
			})
			var want []string
			for m := range r.Messages() {
				want = append(want, string(m.Payload))
			}
			heard.mu.Lock()
			got := slices.Clone(heard.bodies)
			heard.mu.Unlock()
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Error("other bytes were heard than were recorded")
			}
			second, err := simulator.Replay(t.Context(), r, o)
			if err != nil || second.Manifest != first.Manifest {
				t.Errorf("%v: %s, then %s", err, first.Manifest, second.Manifest)
			}
		})
	}
	f("text", "%j")
	f("hexadecimal", `{"tst":%U,"topic":"%t","retain":%r,"payload_hex":"%x"}`)
}

// A day has its own length, n times shorter; it may be cut.
func TestHowFastARecordedDayIsPlayed(t *testing.T) {
	address := mosquittotest.Start(t)
	r := written(t, 101, time.Minute) // 100 minutes
	f := func(speed float64, end time.Duration, wantMessages int64, atLeast time.Duration) {
		t.Helper()
		s, err := simulator.Replay(t.Context(), r, simulator.Options{Broker: "tcp://" + address, Speed: speed, For: end})
		if err != nil {
			t.Fatal(err)
		}
		if s.Published != wantMessages || s.Planned != wantMessages || !s.Clean() || s.PublishS < atLeast.Seconds() || s.Devices != 3 {
			t.Errorf("%v times faster for %v: %+v", speed, end, s)
		}
	}
	f(6000, 0, 101, time.Second)
	f(60_000, time.Hour, 101, 100*time.Millisecond)
	f(6000, 500*time.Millisecond+time.Microsecond, 51, 490*time.Millisecond)
}

func TestARecordedDayThatIsInterrupted(t *testing.T) {
	address := mosquittotest.Start(t)
	ctx, stop := context.WithCancel(t.Context())
	s, err := simulator.Replay(ctx, written(t, 1000, 100*time.Millisecond), simulator.Options{Broker: "tcp://" + address,
		Progress: func(p simulator.Progress) {
			if p.Published > 5 {
				stop()
			}
		}})
	if err != nil || !s.Interrupted || s.Published < 6 || s.Published > 900 || s.Failed != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestARecordingThatIsLostWhileItIsPlayed(t *testing.T) {
	address := mosquittotest.Start(t)
	path := filepath.Join(t.TempDir(), "day.ndjson")
	if err := os.WriteFile(path, []byte(`{"tst":1,"topic":"t","payload":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := simulator.Replay(t.Context(), r, simulator.Options{Broker: "tcp://" + address}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

func TestOptionsOfAReplayAreChecked(t *testing.T) {
	r := written(t, 2, time.Second)
	f := func(want string, o simulator.Options) {
		t.Helper()
		if o.Broker == "" {
			o.Broker = "tcp://127.0.0.1:1"
		}
		if _, err := simulator.Replay(t.Context(), r, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	f("rate of its own", simulator.Options{Rate: 5})
	f("rate of its own", simulator.Options{Profile: simulator.Constant(1, time.Second)})
	f("speed", simulator.Options{Speed: -1})
	f("speed", simulator.Options{Speed: 2_000_000})
	f("not on this machine", simulator.Options{Broker: "tcp://192.0.2.1:1883"})
	f("refused", simulator.Options{}) // nobody is there
}
