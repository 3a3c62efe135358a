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

func newQuota(t testing.TB, o quota.Options) *quota.Quota {
	t.Helper()
	q, err := quota.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func start() time.Time { return time.Date(2025, 11, 22, 8, 0, 0, 0, time.UTC) }

// over reports of what err says there is too much: "", "device" or "comune".
func over(t testing.TB, err error) string {
	t.Helper()
	var e *quota.Exceeded
	if err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	if e == nil {
		return ""
	}
	return e.Of
}

func TestMessages(t *testing.T) {
	q := newQuota(t, quota.Options{Device: quota.Rate{PerSecond: 1, Burst: 3}, Comune: quota.Rate{PerSecond: 1, Burst: 5}})
	now := start()
	f := func(device string, after time.Duration, want string) {
		t.Helper()
		now = now.Add(after)
		if got := over(t, q.Message("058091", device, now)); got != want {
			t.Errorf("%s: over the limit of %q, want %q", device, got, want)
		}
	}
	for range 3 {
		f("air-1", 0, "")
	}
	f("air-1", 0, "device")
	f("air-1", 900*time.Millisecond, "device")
	f("air-1", 100*time.Millisecond, "") // one a second
	f("air-2", 0, "")
	f("air-2", 0, "")
	f("air-2", 0, "comune")
	f("air-1", -time.Hour, "device") // a clock that goes back gives nothing
	f("air-2", 3*time.Hour, "")
	if err := q.Message("015146", "air-9", now); err != nil {
		t.Errorf("another comune suffers: %v", err)
	}
	q.Forget("air-1")
	for range 3 {
		f("air-1", 0, "")
	}
}

func TestSeries(t *testing.T) {
	metrics := prometheus.NewPedanticRegistry()
	q := newQuota(t, quota.Options{DeviceSeries: 3, ComuneSeries: 5, Metrics: metrics})
	f := func(comune, device string, series uint64, want string) {
		t.Helper()
		if got := over(t, q.Admit(comune, device, series)); got != want {
			t.Errorf("%s, series %d: over the budget of %q, want %q", device, series, got, want)
		}
	}
	for i := range uint64(3) {
		f("058091", "air-1", i, "")
	}
	f("058091", "air-1", 3, "device")
	f("058091", "air-1", 0, "") // the old ones go on
	f("058091", "air-2", 0, "") // the same hash of another device is another series
	f("058091", "air-2", 1, "")
	f("058091", "air-2", 2, "comune")
	f("015146", "air-1", 1, "") // moved, with its series
	f("058091", "air-2", 2, "")
	count := func(comune string, want int) {
		t.Helper()
		if n := q.Series(comune); n != want {
			t.Errorf("comune %q has %d series, want %d", comune, n, want)
		}
	}
	count("058091", 3)
	count("015146", 3)
	count("", 6)
	q.Forget("air-1")
	q.Forget("air-1")
	count("015146", 0)
	count("", 3)
	count("999999", 0)
	families, err := metrics.Gather()
	if err != nil || len(families) != 2 {
		t.Errorf("metrics are %v, %v", families, err)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	q := newQuota(t, quota.Options{Device: quota.Rate{PerSecond: 2, Burst: 1}, DeviceSeries: 1})
	f := func(first, second error, want string) {
		t.Helper()
		if first != nil || second == nil || !strings.Contains(second.Error(), want) {
			t.Errorf("%v, then %v", first, second)
		}
	}
	f(q.Message("058091", "air-1", start()), q.Message("058091", "air-1", start()), "device air-1 is over its limit of 2 messages a second")
	f(q.Admit("058091", "air-1", 1), q.Admit("058091", "air-1", 2), "limit of 1 series")
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []quota.Options{
		{Device: quota.Rate{PerSecond: -1, Burst: 1}}, {Comune: quota.Rate{PerSecond: 1}}, {DeviceSeries: -1}, {ComuneSeries: -1},
	} {
		if _, err := quota.New(o); err == nil {
			t.Errorf("%+v: made", o)
		}
	}
}

// However many ask at once, no more is admitted than there is.
func TestManyAtOnce(t *testing.T) {
	q := newQuota(t, quota.Options{Device: quota.Rate{PerSecond: 1, Burst: 50}, ComuneSeries: 100})
	var messages, series sync.Map
	var callers sync.WaitGroup
	for c := range 8 {
		callers.Go(func() {
			for i := range 100 {
				if q.Message("058091", "air-1", start()) == nil {
					messages.Store([2]int{c, i}, true)
				}
				if q.Admit("058091", fmt.Sprint("air-", c), uint64(i)) == nil {
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
	if size(&messages) != 50 || size(&series) != 100 || q.Series("058091") != 100 {
		t.Errorf("%d messages and %d series, want 50 and 100", size(&messages), size(&series))
	}
}

func BenchmarkAdmit(b *testing.B) {
	q := newQuota(b, quota.Options{})
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("air-%05d", i)
	}
	now := start()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now = now.Add(time.Millisecond)
		id := ids[i%len(ids)]
		if err := errors.Join(q.Message("058091", id, now), q.Admit("058091", id, uint64(i/len(ids)%5))); err != nil {
			b.Fatal(err)
		}
	}
}
