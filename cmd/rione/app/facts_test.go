package app

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"rione/api"
	"rione/devices/access"
	accesskeep "rione/devices/access/keep"
	"rione/devices/natstest"
	"rione/ingest/indicator"
)

// Who says a fact, and who takes one back, is in the audit log; what was refused is not.
func TestFactsAreAudited(t *testing.T) {
	js := natstest.JetStream(t)
	trail, err := accesskeep.Open(t.Context(), js, accesskeep.Options{})
	if err != nil {
		t.Fatal(err)
	}
	book, err := indicator.OpenBook(t.Context(), js, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, place := factBook{book, trail}, uint64(1)
	f := func(err, want error, noted ...string) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		entries, err := trail.Read(t.Context(), place, 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprintf("%s %s %s: %s", e.Who, e.Action, e.Subject, e.Detail))
			if place = e.Seq + 1; e.Time.IsZero() {
				t.Errorf("%+v has no time", e)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(noted) {
			t.Errorf("noted\n  %q, want\n  %q", got, noted)
		}
	}
	of := func(id, date, comune, zone string, value float64) api.Fact {
		return api.Fact{Initiative: "roma", ID: id, Date: date, Comune: comune, Zone: zone, Value: value}
	}
	one := of("population", "2026-01-01", "058091", "Municipio I", 167000)
	f(b.PutFacts(t.Context(), "anna", []api.Fact{one}), nil, "anna facts.put roma/population: 2026-01-01, 058091, Municipio I: 167000")
	f(b.PutFacts(t.Context(), "bruno", []api.Fact{of("cost", "2026-01-01", "058091", "", 1), of("cost", "2026-03-01", "058091", "", 2), of("actions", "2026-03-01", "", "", 3)}), nil,
		"bruno facts.put roma/actions: 2026-03-01: 3", "bruno facts.put roma/cost: 2 facts of 2026-01-01 to 2026-03-01")
	f(b.PutFacts(t.Context(), "bruno", []api.Fact{of("left", "2026-03-01", "", "A", 1), of("left", "2026-03-01", "", "B", 2)}), nil,
		"bruno facts.put roma/left: 2 facts of 2026-03-01")
	f(b.PutFacts(t.Context(), "anna", []api.Fact{one, of("Population", "2026-01-01", "", "", 1)}), indicator.ErrBadFact)
	f(b.PutFacts(t.Context(), "anna", []api.Fact{of("population", "1.1.2026", "", "", 1)}), indicator.ErrBadFact)
	asked := one
	asked.Value = 0 // the audit log has what was taken back
	f(b.RemoveFact(t.Context(), "carla", asked), nil, "carla facts.remove roma/population: 2026-01-01, 058091, Municipio I: 167000")
	f(b.RemoveFact(t.Context(), "carla", asked), api.ErrNotFound)
	asked.Date = "never"
	f(b.RemoveFact(t.Context(), "carla", asked), indicator.ErrBadFact)
}

// A fact that is kept while the audit log fails is told: nothing is done unseen.
func TestFactsTellOfAnAuditLogThatFails(t *testing.T) {
	book, err := indicator.OpenBook(t.Context(), natstest.JetStream(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	b := factBook{book, fullTrail{err: full}}
	one := api.Fact{Initiative: "roma", ID: "a", Date: "2026-01-01"}
	if err := b.PutFacts(t.Context(), "anna", []api.Fact{one}); !errors.Is(err, full) {
		t.Errorf("put: %v", err)
	}
	if err := b.RemoveFact(t.Context(), "anna", one); !errors.Is(err, full) {
		t.Errorf("removed: %v", err)
	}
}

// fullTrail takes no entry.
type fullTrail struct {
	access.Trail
	err error
}

func (t fullTrail) Append(context.Context, access.Entry) error { return t.err }
