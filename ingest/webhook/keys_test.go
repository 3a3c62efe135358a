package webhook_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"rione/ingest"
	"rione/ingest/webhook"
)

// pushKey sends a body under an idempotency key.
func pushKey(d http.Handler, path, key, body string) *http.Response {
	r := request(path, body)
	r.Header.Set("Idempotency-Key", key)
	return do(d, r)
}

const path = "/ingest/v1/native"

func TestSameKeyIsOneMessage(t *testing.T) {
	in := newIntake()
	d := newDoor(t, webhook.Options{Intake: in, MaxPending: 1})
	for range 3 {
		accepted(t, pushKey(d, path, "k1", "{}"))
	}
	if n := len(in.messages()); n != 1 {
		t.Errorf("%d messages were taken, want 1", n)
	}
	refused(t, pushKey(d, path, "k1", "other"), 422, "another body")
	accepted(t, pushKey(d, path, "k2", "{}"))
	accepted(t, pushKey(d, path+"/058091", "k1", "{}"))
	accepted(t, pushKey(d, path, "", "{}"))
	accepted(t, pushKey(d, path, "", "{}"))
	if n := len(in.messages()); n != 5 {
		t.Errorf("%d messages were taken, want 5", n)
	}
}

func TestKeyOfAFailedPushIsFree(t *testing.T) {
	in := newIntake()
	in.outcome = ingest.ErrClosed
	d := newDoor(t, webhook.Options{Intake: in})
	refused(t, pushKey(d, path, "k", "{}"), 503, "")
	in.outcome = nil
	accepted(t, pushKey(d, path, "k", "{}"))
}

// A second attempt that overtakes the first hears of the same commit.
func TestSameKeyWhileTheFirstIsUnderWay(t *testing.T) {
	in := newIntake()
	in.hold = true
	d := newDoor(t, webhook.Options{Intake: in})
	answers := make(chan *http.Response, 2)
	go func() { answers <- pushKey(d, path, "k", "{}") }()
	<-in.submitted
	waitFor(t, func() bool { return len(in.messages()) == 1 })
	go func() { answers <- pushKey(d, path, "k", "{}") }()
	select {
	case res := <-answers:
		t.Fatalf("answered %d before the commit", res.StatusCode)
	case <-time.After(20 * time.Millisecond):
	}
	in.ack()
	accepted(t, <-answers)
	accepted(t, <-answers)
	if n := len(in.messages()); n != 1 {
		t.Errorf("%d messages were taken, want 1", n)
	}
}

func TestKeysAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIntake()
		d := newDoor(t, webhook.Options{Intake: in, KeyWindow: time.Minute, MaxKeys: 3})
		taken := func(key string, want int) {
			t.Helper()
			accepted(t, pushKey(d, path, key, "{}"))
			if n := len(in.messages()); n != want {
				t.Errorf("after key %s: %d messages were taken, want %d", key, n, want)
			}
		}
		taken("a", 1)
		time.Sleep(50 * time.Second)
		taken("a", 1)
		taken("b", 2)
		time.Sleep(20 * time.Second)
		taken("b", 2)
		taken("a", 3) // too old
		taken("c", 4)
		taken("d", 5) // one too many: b goes
		taken("d", 5)
		taken("b", 6)
	})
}
