package keep_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/natstest"
	"rione/devices/quota"
	"rione/devices/quota/keep"
)

func open(t *testing.T, js jetstream.JetStream) (*keep.Store, *quota.Quota) {
	t.Helper()
	q := quota.New(nil)
	s, err := keep.Open(t.Context(), js, keep.Options{Quota: q})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, q
}

func seriesOf(q *quota.Quota, text string) int {
	s, _ := quota.ParseSubject(text)
	return q.Usage(s, time.Now()).Limits.Series
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

// Limits set in one process hold in the others and after a restart.
func TestLimitsAreKeptAndFollowed(t *testing.T) {
	js := natstest.JetStream(t)
	one, q1 := open(t, js)
	two, q2 := open(t, js)
	set := func(s *keep.Store, text string, series int) {
		t.Helper()
		subject, err := quota.ParseSubject(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Set(t.Context(), subject, quota.Limits{Series: series}); err != nil {
			t.Fatal(err)
		}
	}
	set(one, "device", 7)
	set(two, "device:bin-1", 9) // whether or not the news of the first change came
	if got := seriesOf(q2, "device:bin-1"); got != 9 {
		t.Errorf("bin-1 may have %d series", got)
	}
	if got := seriesOf(q2, "device:bin-2"); got != 7 {
		t.Errorf("bin-2 may have %d series", got)
	}
	eventually(t, "the other process knows", func() bool { return seriesOf(q1, "device:bin-1") == 9 && seriesOf(q1, "device") == 7 })
	set(one, "device:bin-1", 0)
	three, q3 := open(t, js)
	if got := seriesOf(q3, "device:bin-1"); got != 7 || len(three.All()) != 1 {
		t.Errorf("after a restart bin-1 may have %d series; set are %v", got, three.All())
	}
	if err := one.Set(t.Context(), quota.Subject{Class: quota.Device}, quota.Limits{Series: -1}); err == nil {
		t.Error("a negative limit was set")
	}
}

// Many who set at once lose none of the changes.
func TestChangesAtOnce(t *testing.T) {
	js := natstest.JetStream(t)
	var setting sync.WaitGroup
	for _, id := range []string{"bin-1", "bin-2", "bin-3"} {
		s, _ := open(t, js)
		setting.Go(func() {
			if err := s.Set(t.Context(), quota.Subject{Class: quota.Device, Name: id}, quota.Limits{Series: 5}); err != nil {
				t.Error(err)
			}
		})
	}
	setting.Wait()
	if s, _ := open(t, js); len(s.All()) != 3 {
		t.Errorf("set are %v", s.All())
	}
}

func TestDamagedLimits(t *testing.T) {
	js := natstest.JetStream(t)
	one, q := open(t, js)
	if err := one.Set(t.Context(), quota.Subject{Class: quota.Device}, quota.Limits{Series: 7}); err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), "RIONE_QUOTA")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"{", `{"king":{}}`} {
		if _, err := bucket.PutString(t.Context(), "limits", value); err != nil {
			t.Fatal(err)
		}
		if _, err := keep.Open(t.Context(), js, keep.Options{Quota: quota.New(nil)}); err == nil {
			t.Errorf("opened with %s", value)
		}
	}
	if got := seriesOf(q, "device"); got != 7 {
		t.Errorf("the limit in force is %d", got)
	}
	if _, err := keep.Open(t.Context(), js, keep.Options{}); err == nil {
		t.Error("opened without a quota")
	}
}
