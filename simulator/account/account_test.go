package account_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/simulator/account"
)

// api stands in for rione's, so that faults can be planted in its answers.
type api struct {
	mu      sync.Mutex
	entries []map[string]string
	acked   int64
	open    []int64 // of the ledger, answer by answer; the last one stays
	status  int
	asked   int
}

const pageSize = 2

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	if a.status != 0 {
		w.WriteHeader(a.status)
		return
	}
	if r.Header.Get("Authorization") != "Bearer secret" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch r.URL.Path {
	case "/v1/quarantine":
		var from int
		_, _ = fmt.Sscan(r.FormValue("cursor"), &from)
		to := min(from+pageSize, len(a.entries))
		answer := map[string]any{"entries": a.entries[from:to]}
		if to < len(a.entries) {
			answer["next"] = fmt.Sprint(to)
		}
		_ = json.NewEncoder(w).Encode(answer)
	case "/v1/ledger":
		open := a.open[0]
		if len(a.open) > 1 {
			a.open = a.open[1:]
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"total": map[string]any{"acked": a.acked, "open": open}})
	}
}

func (a *api) add(n int, topic, reason string) {
	for range n {
		a.entries = append(a.entries, map[string]string{"topic": topic, "reason": reason})
	}
}

func ask(t *testing.T, a *api, q account.Question) (*account.Answer, error) {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return account.Ask(t.Context(), account.Target{URL: server.URL + "/", Token: "secret"}, q)
}

func question() account.Question {
	return account.Question{Since: time.Unix(1_774_000_000, 0), Acked: 10, Deadline: time.Now(), Bad: map[account.Expected]int64{
		{Topic: "a/up", Reason: "unparsable"}:           2,
		{Topic: "a/up", Reason: "unparsable|too_large"}: 2,
		{Topic: "b/up", Reason: "empty"}:                1,
	}}
}

func TestTheAccount(t *testing.T) {
	f := func(name string, build func(a *api), want account.Answer, clean bool) {
		t.Helper()
		a := &api{acked: 12, open: []int64{0}}
		build(a)
		q := question()
		got, err := ask(t, a, q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		example := got.Example
		got.Example = ""
		if *got != want || got.Clean(&q) != clean || (example != "") != (got.Quarantined < got.Garbage) {
			t.Errorf("%s: %+v (%s), clean %v", name, *got, example, got.Clean(&q))
		}
	}
	all := func(a *api) {
		a.add(3, "a/up", "unparsable")
		a.add(1, "a/up", "too_large")
		a.add(1, "b/up", "empty")
	}
	f("all there", all, account.Answer{Garbage: 5, Quarantined: 5, LedgerAcked: 12}, true)
	f("and more of others", func(a *api) {
		all(a)
		a.add(7, "c/up", "unknown_device")
		a.add(2, "a/up", "clock")
	}, account.Answer{Garbage: 5, Quarantined: 5, LedgerAcked: 12}, true)
	f("one missing", func(a *api) {
		all(a)
		a.entries = a.entries[:4]
	}, account.Answer{Garbage: 5, Quarantined: 4, Missing: 1, LedgerAcked: 12}, false)
	f("another reason", func(a *api) {
		all(a)
		a.entries[4]["reason"] = "wrong_type"
	}, account.Answer{Garbage: 5, Quarantined: 4, WrongReason: 1, LedgerAcked: 12}, false)
	f("a ledger that does not balance", func(a *api) {
		all(a)
		a.open = []int64{3}
	}, account.Answer{Garbage: 5, Quarantined: 5, LedgerAcked: 12, LedgerOpen: 3}, false)
	f("a ledger that missed some", func(a *api) {
		all(a)
		a.acked = 9
	}, account.Answer{Garbage: 5, Quarantined: 5, LedgerAcked: 9}, false)
}

func TestAnAccountThatCatchesUp(t *testing.T) {
	a := &api{acked: 10, open: []int64{4, 1, 0}}
	got, err := ask(t, a, account.Question{Acked: 10, Deadline: time.Now().Add(time.Minute)})
	if err != nil || got.LedgerOpen != 0 || a.asked != 3 {
		t.Errorf("%+v, %v after %d questions", got, err, a.asked)
	}
}

func TestAnAPIThatDoesNotAnswer(t *testing.T) {
	f := func(status int, deadline time.Time, want string) {
		t.Helper()
		a := &api{status: status}
		_, err := ask(t, a, account.Question{Deadline: deadline})
		if err == nil || !strings.Contains(err.Error(), want) || a.asked != 1 {
			t.Errorf("%v after %d questions, want %q", err, a.asked, want)
		}
	}
	f(http.StatusInternalServerError, time.Now(), "500")
	f(http.StatusUnauthorized, time.Now().Add(time.Hour), "refuses the token") // and is not asked again
}
