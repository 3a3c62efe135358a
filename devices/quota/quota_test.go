package quota_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/devices/quota"
)

func newQuota(limits map[quota.Subject]quota.Limits) *quota.Quota {
	q := quota.New(nil)
	q.Set(limits)
	return q
}

func start() time.Time { return time.Date(2025, 11, 22, 8, 0, 0, 0, time.UTC) }

func device(id string) quota.Subject { return quota.Subject{Class: quota.Device, Name: id} }

func comune(code string) quota.Subject { return quota.Subject{Class: quota.Comune, Name: code} }

// over reports of what err says there is too much: "", or the subject.
func over(t testing.TB, err error) string {
	t.Helper()
	var e *quota.Exceeded
	if err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	if e == nil {
		return ""
	}
	return e.Of.String()
}

func TestMessages(t *testing.T) {
	q := newQuota(map[quota.Subject]quota.Limits{
		{Class: quota.Device}: {PerSecond: 1, Burst: 3}, comune("058091"): {PerSecond: 1, Burst: 5}, device("air-8"): {Burst: 1},
	})
	now := start()
	f := func(id string, after time.Duration, want string) {
		t.Helper()
		now = now.Add(after)
		if got := over(t, q.Message(device(id), "058091", now)); got != want {
			t.Errorf("%s: over the limit of %q, want %q", id, got, want)
		}
	}
	for range 3 {
		f("air-1", 0, "")
	}
	f("air-1", 0, "device:air-1")
	f("air-1", 900*time.Millisecond, "device:air-1")
	f("air-1", 100*time.Millisecond, "") // one a second
	f("air-2", 0, "")
	f("air-2", 0, "")
	f("air-2", 0, "comune:058091")
	f("air-1", -time.Hour, "device:air-1") // a clock that goes back gives nothing
	f("air-2", 3*time.Hour, "")
	f("air-8", 0, "")
	f("air-8", 0, "device:air-8")                    // its own burst
	f("air-8", 999*time.Millisecond, "device:air-8") // and the rate of its class
	f("air-8", time.Millisecond, "")
	if err := q.Message(device("air-9"), "015146", now); err != nil {
		t.Errorf("another comune suffers: %v", err)
	}
	gateway := quota.Subject{Class: quota.Gateway, Name: "air-1"}
	for range 100 {
		if err := q.Message(gateway, "", now); err != nil {
			t.Fatalf("a gateway is held to the limits of devices: %v", err)
		}
	}
	q.Forget("air-1")
	for range 3 {
		f("air-1", 10*time.Second, "")
	}
}

func TestSeries(t *testing.T) {
	metrics := prometheus.NewPedanticRegistry()
	q := quota.New(metrics)
	q.Set(map[quota.Subject]quota.Limits{{Class: quota.Device}: {Series: 3}, {Class: quota.Comune}: {Series: 5}})
	f := func(code, id string, series uint64, want string) {
		t.Helper()
		if got := over(t, q.Admit(code, id, series, 1, start())); got != want {
			t.Errorf("%s, series %d: over the budget of %q, want %q", id, series, got, want)
		}
	}
	for i := range uint64(3) {
		f("058091", "air-1", i, "")
	}
	f("058091", "air-1", 3, "device:air-1")
	f("058091", "air-1", 0, "") // the old ones go on
	f("058091", "air-2", 0, "") // the same hash of another device is another series
	f("058091", "air-2", 1, "")
	f("058091", "air-2", 2, "comune:058091")
	f("015146", "air-1", 1, "") // moved, with its series
	f("058091", "air-2", 2, "")
	count := func(s quota.Subject, want int) {
		t.Helper()
		if n := q.Usage(s, start()).Series; n != want {
			t.Errorf("%s has %d series, want %d", s, n, want)
		}
	}
	count(comune("058091"), 3)
	count(comune("015146"), 3)
	count(device("air-1"), 3)
	q.Set(map[quota.Subject]quota.Limits{device("air-1"): {Series: 4}})
	f("015146", "air-1", 3, "") // the limit was raised
	f("015146", "air-1", 4, "device:air-1")
	q.Forget("air-1")
	q.Forget("air-1")
	count(comune("015146"), 0)
	count(comune("999999"), 0)
	families, err := metrics.Gather()
	if err != nil || len(families) != 2 {
		t.Errorf("metrics are %v, %v", families, err)
	}
}

// The store's growth is bounded by day.
func TestBytes(t *testing.T) {
	q := newQuota(map[quota.Subject]quota.Limits{{Class: quota.Device}: {BytesPerDay: 100}, {Class: quota.Comune}: {BytesPerDay: 150}})
	f := func(id string, bytes int64, at time.Time, want string) {
		t.Helper()
		if got := over(t, q.Admit("058091", id, 1, bytes, at)); got != want {
			t.Errorf("%s, %d bytes: over the limit of %q, want %q", id, bytes, got, want)
		}
	}
	midnight := start().Truncate(24 * time.Hour).Add(24 * time.Hour)
	f("air-1", 60, start(), "")
	f("air-1", 41, start(), "device:air-1")
	f("air-1", 40, midnight.Add(-time.Second), "")
	f("air-2", 51, start(), "comune:058091")
	f("air-2", 50, start(), "")
	if u := q.Usage(comune("058091"), start()); u.BytesToday != 150 || u.Limits.BytesPerDay != 150 {
		t.Errorf("usage is %+v", u)
	}
	f("air-1", 100, midnight, "")
	f("air-1", 1, start(), "device:air-1") // a late one counts for today
	if u := q.Usage(device("air-2"), midnight); u.BytesToday != 0 {
		t.Errorf("usage of the new day is %+v", u)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	q := newQuota(map[quota.Subject]quota.Limits{{Class: quota.Device}: {PerSecond: 2, Burst: 1, Series: 1}, device("air-3"): {BytesPerDay: 1}})
	f := func(first, second error, want string) {
		t.Helper()
		if first != nil || second == nil || !strings.Contains(second.Error(), want) || !strings.Contains(second.Error(), "rione quota set device:air-") {
			t.Errorf("%v, then %v", first, second)
		}
	}
	f(q.Message(device("air-1"), "058091", start()), q.Message(device("air-1"), "058091", start()), "device air-1 is over its limit of 2 messages a second")
	f(q.Admit("058091", "air-1", 1, 1, start()), q.Admit("058091", "air-1", 2, 1, start()), "limit of 1 series")
	f(nil, q.Admit("058091", "air-3", 1, 2, start()), "limit of 1 bytes a day")
}

func TestSubjects(t *testing.T) {
	for _, text := range []string{"device", "gateway", "comune", "device:bin-1", "gateway:gw-1", "comune:058091"} {
		if s, err := quota.ParseSubject(text); err != nil || s.String() != text {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "devices", "device:", ":", "city", "device:" + strings.Repeat("x", 65)} {
		if _, err := quota.ParseSubject(text); err == nil || !strings.Contains(err.Error(), "device:bin-1") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLimitsAreChecked(t *testing.T) {
	for _, l := range []quota.Limits{{PerSecond: -1}, {Burst: -1}, {Burst: 0.5}, {Series: -1}, {BytesPerDay: -1}} {
		if l.Validate() == nil {
			t.Errorf("%+v is valid", l)
		}
	}
	for _, c := range []quota.Class{quota.Device, quota.Gateway, quota.Comune} {
		if l := quota.Defaults(c); l.Validate() != nil || l.PerSecond < 1 || l.Burst < l.PerSecond || l.Series < 1 || l.BytesPerDay < 1 {
			t.Errorf("defaults of %s are %+v", c, l)
		}
	}
}

// However many ask at once, no more is admitted than there is.
func TestManyAtOnce(t *testing.T) {
	q := newQuota(map[quota.Subject]quota.Limits{{Class: quota.Device}: {PerSecond: 1, Burst: 50}, {Class: quota.Comune}: {Series: 100}})
	var messages, series sync.Map
	var callers sync.WaitGroup
	for c := range 8 {
		callers.Go(func() {
			for i := range 100 {
				if q.Message(device("air-1"), "058091", start()) == nil {
					messages.Store([2]int{c, i}, true)
				}
				if q.Admit("058091", fmt.Sprint("air-", c), uint64(i), 10, start()) == nil {
					series.Store([2]int{c, i}, true)
				}
			}
		})
	}
	callers.Wait()
	size := func(m *sync.Map) (n int) {
		m.Range(func(any, any) bool { n++; return true })
		return n
	}
	if size(&messages) != 50 || size(&series) != 100 || q.Usage(comune("058091"), start()).Series != 100 {
		t.Errorf("%d messages and %d series, want 50 and 100", size(&messages), size(&series))
	}
}

func BenchmarkAdmit(b *testing.B) {
	q := quota.New(nil)
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("air-%05d", i)
	}
	now := start()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now = now.Add(time.Millisecond)
		id := ids[i%len(ids)]
		if err := errors.Join(q.Message(device(id), "058091", now), q.Admit("058091", id, uint64(i/len(ids)%5), 10, now)); err != nil {
			b.Fatal(err)
		}
	}
}
