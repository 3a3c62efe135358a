package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// heldFacts keeps one fact, and fails as it is told.
type heldFacts struct {
	facts []Fact
	who   []string // said or took back something
	err   error
}

func (h *heldFacts) ListFacts(context.Context) ([]Fact, error) { return h.facts, h.err }

func (h *heldFacts) PutFacts(_ context.Context, who string, facts []Fact) error {
	h.who = append(h.who, who)
	if h.err == nil {
		h.facts = append(h.facts, facts...)
	}
	return h.err
}

func (h *heldFacts) RemoveFact(_ context.Context, who string, f Fact) error {
	h.who = append(h.who, who)
	for i, one := range h.facts {
		if one.Initiative == f.Initiative && one.ID == f.ID && one.Date == f.Date && one.Comune == f.Comune && one.Zone == f.Zone {
			h.facts = append(h.facts[:i], h.facts[i+1:]...)
			return h.err
		}
	}
	return errors.Join(h.err, ErrNotFound)
}

// Facts are put, listed and taken back; what the client did wrong is told apart from
// what went wrong here.
func TestFacts(t *testing.T) {
	r := newRig(t, nil)
	held := &heldFacts{}
	f := func(method, path, body string, code int, says string) {
		t.Helper()
		q := request{method: method, path: path, token: adminToken, body: body}
		if body != "" {
			q.header = map[string]string{"Content-Type": "application/json"}
		}
		w := r.do(q)
		if w.Code != code || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s %s %s: %d %s; want %d %q", method, path, body, w.Code, w.Body, code, says)
		}
	}
	const one, which = `{"facts":[{"initiative":"roma","id":"population","date":"2025-01-01","value":2750000,"zone":"Municipio I"}]}`, "/v1/facts?initiative=roma&id=population&date=2025-01-01"
	f(http.MethodGet, "/v1/facts", "", 501, "keeps no facts")
	f(http.MethodPost, "/v1/facts", one, 501, "keeps no facts")
	f(http.MethodDelete, which, "", 501, "keeps no facts")
	r.Server.o.Facts = held
	f(http.MethodPost, "/v1/facts", one, 200, `"taken":1`)
	f(http.MethodGet, "/v1/facts?initiative=roma", "", 200, "2750000")
	f(http.MethodGet, "/v1/facts?initiative=anci", "", 200, `"facts":[]`)
	f(http.MethodDelete, which, "", 404, "") // the whole is another one than its zone
	f(http.MethodDelete, which+"&zone=Municipio+I", "", 204, "")
	f(http.MethodGet, "/v1/facts", "", 200, `"facts":[]`)
	if slices.ContainsFunc(held.who, func(who string) bool { return who != "admin" }) || len(held.who) != 3 {
		t.Errorf("done by %q", held.who)
	}
	f(http.MethodDelete, "/v1/facts?initiative=roma&id=population", "", 422, "date")
	f(http.MethodPost, "/v1/facts", `{"facts":[{"initiative":"roma","id":"population","date":"1.1.2025","value":1}]}`, 422, "date")
	f(http.MethodPost, "/v1/facts", `{"facts":[{"initiative":"roma","id":"population","date":"2025-01-01","value":"1"}]}`, 422, "number")
	held.err = &BadFactError{errors.New("fact 1: comune: it is none")}
	f(http.MethodPost, "/v1/facts", one, 422, "fact 1: comune: it is none")
	held.err = errors.New("the disk is full")
	f(http.MethodPost, "/v1/facts", one, 500, "the log has more")
	f(http.MethodGet, "/v1/facts", "", 500, "the log has more")
}
