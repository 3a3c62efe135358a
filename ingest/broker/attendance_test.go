package broker

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	v5 "github.com/eclipse/paho.golang/packets"
)

// roll is an Attendance that remembers.
type roll struct {
	mu   sync.Mutex
	list []string
}

func (r *roll) Came(identity string) { r.note("came " + identity) }

func (r *roll) Left(identity string, goodbye bool) {
	r.note(fmt.Sprintf("left %s %v", identity, goodbye))
}

func (r *roll) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, what)
}

func (r *roll) await(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	eventually(t, fmt.Sprintf("it is %q", want), func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		got = slices.Clone(r.list)
		return len(got) >= len(want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("attendance %q, want %q", got, want)
	}
}

func TestAttendance(t *testing.T) {
	r := &roll{}
	s := start(t, newIntake(), func(o *Options) { o.Attendance = r })
	first := connect5(t, s, "dev", nil)
	r.await(t, "came dev")
	connect5(t, s, "dev", nil) // takes over: the first has left before
	first.dropped5(0x8e)
	r.await(t, "came dev", "left dev false", "came dev")

	polite := connect5(t, s, "other", nil)
	polite.send5(&v5.Disconnect{Properties: &v5.Properties{}})
	want := []string{"came dev", "left dev false", "came dev", "came other", "left other true"}
	r.await(t, want...)
	rude := connect5(t, s, "third", nil)
	rude.Close()
	want = append(want, "came third", "left third false")
	r.await(t, want...)

	if err := s.Close(); err != nil { // with dev still there
		t.Error(err)
	}
	r.await(t, want...)
}
