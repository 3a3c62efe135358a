package rollup_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
	"rione/ingest/rollup"
)

// awayStore fails as often as it is told, then holds nothing.
type awayStore struct {
	mu    sync.Mutex
	fails int
}

var _ rollup.Store = (*awayStore)(nil)

func (s *awayStore) QueryEach(context.Context, string, string, func(*ingest.Series) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails > 0 {
		s.fails--
		return errors.New("the store is away")
	}
	return nil
}

func (s *awayStore) DeletePlaces(context.Context, string, string, time.Time, time.Time, ...string) error {
	return nil
}
func (s *awayStore) Write(context.Context, string, []ingest.Point) error { return nil }
func (s *awayStore) Delete(context.Context, string, string, time.Time, time.Time, ...string) error {
	return nil
}

// figure returns a metric without labels as it is gathered.
func figure(t testing.TB, g prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue() + f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func TestOptions(t *testing.T) {
	f := func(o rollup.Options, want string) {
		t.Helper()
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
		if _, err := rollup.Open(t.Context(), o); err == nil {
			t.Error("it opens with wrong options")
		}
	}
	n := &notebook{}
	f(rollup.Options{Keeper: n}, "Store")
	f(rollup.Options{Store: noStore{}}, "Keeper")
	f(rollup.Options{Store: noStore{}, Keeper: n, Grace: -1}, "Grace")
	f(rollup.Options{Store: noStore{}, Keeper: n, Every: -1}, "Every")
	f(rollup.Options{Store: noStore{}, Keeper: n, Stride: -15 * time.Minute}, "Stride")
	f(rollup.Options{Store: noStore{}, Keeper: n, Stride: 20 * time.Minute}, "quarters of an hour")
}

// While windows cannot be made it is seen how far they are behind and why; they
// are caught up with when the store is back.
func TestLagIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		store, metrics := &awayStore{fails: 6}, prometheus.NewRegistry()
		r, err := rollup.Open(t.Context(), rollup.Options{Store: store, Keeper: &notebook{until: began.Add(-24 * time.Hour)}, Metrics: metrics})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		s := r.Status()
		if behind := 24*time.Hour - 15*time.Minute; s.Behind < behind-2*time.Minute || s.Behind > 24*time.Hour || !strings.Contains(s.Failure, "the store is away") {
			t.Errorf("while the store is away: %+v", s)
		}
		if lag := figure(t, metrics, "rione_rollup_lag_seconds"); lag != s.Behind.Seconds() {
			t.Errorf("the metric says %v s, the status %v", lag, s.Behind)
		}
		time.Sleep(5 * time.Minute) // of the bubble's clock
		synctest.Wait()
		if s := r.Status(); s.Behind != 0 || s.Failure != "" || s.Until.Before(began.Add(-17*time.Minute)) || figure(t, metrics, "rione_rollup_lag_seconds") != 0 {
			t.Errorf("when it is back: %+v", s)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}

// Windows wait for lines that are yet to be written, and nothing is skipped.
func TestWindowsWaitForParkedLines(t *testing.T) {
	parked := errors.New("lines are parked")
	until := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r, err := rollup.Open(t.Context(), rollup.Options{
		Store: &awayStore{}, Keeper: &notebook{until: until}, Haste: true,
		Now: func() time.Time { return until.Add(time.Hour + 3*time.Minute) }, Ready: func(context.Context) error { return parked },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Once(t.Context()); !errors.Is(err, parked) || !r.Status().Until.Equal(until) {
		t.Errorf("%v, made until %v", err, r.Status().Until)
	}
	parked = nil
	if err := r.Once(t.Context()); err != nil || !r.Status().Until.Equal(until.Add(time.Hour)) {
		t.Errorf("%v, made until %v", err, r.Status().Until)
	}
}
