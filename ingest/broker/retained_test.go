package broker

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	v5 "github.com/eclipse/paho.golang/packets"
)

// fakeStore keeps retained messages in memory; it can fail.
type fakeStore struct {
	mu   sync.Mutex
	kept map[string]string
	fail bool
	puts int
}

func (f *fakeStore) Load(_ context.Context, each func(Retained)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for topic, payload := range f.kept {
		each(Retained{Topic: topic, Payload: []byte(payload), QoS: 1})
	}
	if f.fail {
		return errors.New("store is away")
	}
	return nil
}

func (f *fakeStore) Put(_ context.Context, m Retained) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.puts++
	if f.fail {
		return errors.New("store is away")
	}
	if f.kept[m.Topic] = string(m.Payload); len(m.Payload) == 0 {
		delete(f.kept, m.Topic)
	}
	return nil
}

func (f *fakeStore) has() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.kept)
}

func TestRetainedSurvivesARestart(t *testing.T) {
	store := &fakeStore{kept: map[string]string{}}
	with := func(o *Options) { o.Retained = store }
	s := start(t, newIntake(), with)
	p := connect5(t, s, "dev", nil)
	for i, payload := range []string{"online", ""} {
		m := publish5([]string{"state", "meta"}[i], payload, 1, 1)
		m.Retain = true
		p.send5(m)
		read5[*v5.Puback](p)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := store.has(); !maps.Equal(got, map[string]string{"state": "online"}) {
		t.Errorf("the store has %v", got)
	}
	s = start(t, newIntake(), with)
	p = connect5(t, s, "sub", nil)
	p.subscribe5(nil, v5.SubOptions{Topic: "#", QoS: 1})
	if m := read5[*v5.Publish](p); m.Topic != "state" || string(m.Payload) != "online" || !m.Retain || m.QoS != 1 {
		t.Errorf("after the restart: %v", m)
	}
}

func TestRetainedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &fakeStore{kept: map[string]string{}, fail: true}
		m, err := newMetrics(nil)
		if err != nil {
			t.Fatal(err)
		}
		limits := Limits{}.withDefaults()
		s, err := New(Options{Intake: newIntake(), Access: fakeAccess{}})
		if err != nil {
			t.Fatal(err)
		}
		r := newRetained(&limits, store, m, s.logger)
		done := make(chan struct{})
		go func() { defer close(done); r.run() }()
		r.set(&message{topic: "t", payload: []byte("old"), retain: true})
		synctest.Wait()
		r.set(&message{topic: "t", payload: []byte("new"), retain: true})
		time.Sleep(time.Minute) // false time
		store.mu.Lock()
		if store.puts < 5 || store.puts > 20 {
			t.Errorf("tried %d times in a minute", store.puts)
		}
		store.fail = false
		store.mu.Unlock()
		time.Sleep(time.Minute) // false time
		if got := store.has()["t"]; got != "new" {
			t.Errorf("the store has %q", got)
		}
		r.close()
		<-done
		time.Sleep(time.Minute) // false time, for the timer that ends a slow store
	})
}

func TestStartFailsWithoutTheRetainedStore(t *testing.T) {
	s, err := New(Options{Intake: newIntake(), Access: fakeAccess{}, Retained: &fakeStore{fail: true}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("started, and nobody knows what was retained")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
