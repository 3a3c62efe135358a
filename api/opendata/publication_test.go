package opendata

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rione/ingest/schema"
)

func valid() Publication {
	return Publication{ID: "roma-air", Title: Text{IT: "Aria"}, Description: Text{IT: "Aria"}, Comuni: []string{rome}, Measurement: "air",
		Form: Single, Holder: Holder{Name: "Roma Capitale", Code: "c_h501"}, Theme: "ENVI"}
}

func TestValidate(t *testing.T) {
	f := func(want string, edit func(*Publication)) {
		t.Helper()
		p := valid()
		edit(&p)
		err := p.Validate()
		switch {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want)):
			t.Errorf("%v, want one about %q", err, want)
		}
	}
	f("", func(*Publication) {})
	f("", func(p *Publication) { p.Measurement, p.Form, p.DelayH = "people", Groups, 1 })
	f("an id", func(p *Publication) { p.ID = "Roma" })
	f("an id", func(p *Publication) { p.ID = "../x" })
	f("title", func(p *Publication) { p.Title = Text{EN: "Air"} })
	f("description", func(p *Publication) { p.Description.IT = "" })
	f("comuni", func(p *Publication) { p.Comuni = nil })
	f("six digits", func(p *Publication) { p.Comuni = []string{"Roma"} })
	f("IPA", func(p *Publication) { p.Holder.Code = "" })
	f("IPA", func(p *Publication) { p.Holder.Code = "a b" })
	f("IPA", func(p *Publication) { p.Holder.Code = "#" })
	f("the name", func(p *Publication) { p.Holder.Name = "" })
	f("theme", func(p *Publication) { p.Theme = "HEAL" })
	f("delay", func(p *Publication) { p.DelayH = -1 })
	f("licence", func(p *Publication) { p.Licence = "MIT" })
	f("form", func(p *Publication) { p.Form = "raw" })
	f("may not be published", func(p *Publication) { p.Measurement = "event" })
	f("may not be published", func(p *Publication) { p.Measurement = "wifi_ssid" })
	f("may not be published", func(p *Publication) { p.Measurement = "device" })
	f("groups only", func(p *Publication) { p.Measurement = "people" })
	f("no fields", func(p *Publication) { p.Measurement, p.Form, p.DelayH = "noise", Groups, 2 })
	f("at least an hour", func(p *Publication) { p.Measurement, p.Form, p.DelayH = "people", Groups, 0 })
	f("exact", func(p *Publication) { p.Measurement, p.Form, p.DelayH, p.Exact = "people", Groups, 2, true })
}

// TestReleases holds the table against the contract of data: what counts people
// is in no list of open fields.
func TestReleases(t *testing.T) {
	for name, r := range releases {
		m := schema.Lookup(name)
		if m == nil {
			t.Fatalf("no measurement %s", name)
		}
		for _, field := range append(r.groups(), r.open...) {
			if m.Field(field) == nil {
				t.Errorf("%s has no field %s", name, field)
			}
		}
		for _, field := range r.open {
			for _, people := range []string{"clients", "portal", "in_n", "out_n", "down_bytes", "up_bytes", "util_pct", "busy_ms"} {
				if strings.Contains(field, people) {
					t.Errorf("%s.%s of single devices tells of people", name, field)
				}
			}
		}
		for _, tag := range append(r.split, r.tags...) {
			if m.Tag(tag) == nil || tag == "ssid" || tag == "target" {
				t.Errorf("%s: tag %s", name, tag)
			}
		}
		for _, tag := range r.split {
			if len(m.Tag(tag).Values) == 0 {
				t.Errorf("%s: groups by the open tag %s could be as small as a device likes", name, tag)
			}
		}
	}
}

func TestShipped(t *testing.T) {
	list, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	initiatives := make(map[string]int)
	for _, p := range list {
		initiatives[p.Initiative]++
		if err := p.Validate(); (err == nil) != (p.Holder.Code != "") {
			t.Errorf("%s of %+v: %v", p.ID, p.Holder, err)
		}
		if p.Published {
			t.Errorf("%s is published by itself", p.ID)
		}
	}
	for _, i := range []string{"roma", "palermo", "anci", "capannori", "venezia"} {
		if initiatives[i] < 3 {
			t.Errorf("%s has %d data sets", i, initiatives[i])
		}
	}
}

func TestPublicationsAreKept(t *testing.T) {
	keeper := &memory{}
	p, err := Open(t.Context(), keeper, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.SetPublished(t.Context(), "ada", "roma-air", true, noon()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SetPublished(t.Context(), "ada", "anci-air", true, noon()); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "IPA") {
		t.Errorf("whose holder has no code is published: %v", err)
	}
	if _, err := p.SetPublished(t.Context(), "ada", "nothing", true, noon()); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v", err)
	}
	again, err := Open(t.Context(), keeper, nil)
	if err != nil {
		t.Fatal(err)
	}
	if list := again.Published(); len(list) != 1 || list[0].ID != "roma-air" || list[0].Author != "ada" || !list[0].Changed.Equal(noon()) {
		t.Errorf("%+v", list)
	}
	later := noon().Add(time.Hour)
	for _, published := range []bool{false, true} { // withdrawn and published again: it was issued once
		if _, err := again.SetPublished(t.Context(), "ada", "roma-air", published, later); err != nil {
			t.Fatal(err)
		}
	}
	if one, _ := again.Get("roma-air"); !one.Issued.Equal(noon()) || !one.Changed.Equal(later) {
		t.Errorf("issued %v, changed %v", one.Issued, one.Changed)
	}
	keeper.fail = errors.New("no space")
	if _, err := again.SetPublished(t.Context(), "ada", "roma-air", false, noon()); err == nil {
		t.Error("what was not kept was done")
	}
	if one, _ := again.Get("roma-air"); !one.Published {
		t.Error("what was not kept is in force")
	}
}

// recorder is a trail that remembers, or fails.
type recorder struct {
	heard []Change
	fail  error
}

func (r *recorder) Note(_ context.Context, c Change) error {
	if r.fail == nil {
		r.heard = append(r.heard, c)
	}
	return r.fail
}

// TestTheTrailHears of what was done, by whom and under which terms, and of
// nothing that was not.
func TestTheTrailHears(t *testing.T) {
	keeper, trail := &memory{}, &recorder{}
	p, err := Open(t.Context(), keeper, trail)
	if err != nil {
		t.Fatal(err)
	}
	set := func(who string, published bool) error {
		_, err := p.SetPublished(t.Context(), who, "roma-air", published, noon())
		return err
	}
	f := func(want string, err error) {
		t.Helper()
		var got string
		if n := len(trail.heard); n > 0 {
			c := trail.heard[n-1]
			got = c.Who + " " + c.Action + " " + c.ID + ": " + c.Detail
			if !c.Time.Equal(noon()) {
				t.Errorf("at %v", c.Time)
			}
		}
		trail.heard = nil
		if got != want || err != nil {
			t.Errorf("heard %q, want %q (%v)", got, want, err)
		}
	}
	f("ada publish roma-air: air of 058091, single, delay 1 h, CC-BY-4.0", set("ada", true))
	f("", set("bea", true)) // it is so already
	wide, err := p.Get("roma-air")
	if err != nil {
		t.Fatal(err)
	}
	wide.Comuni, wide.Exact = []string{"058091", "082053", "027042", "046007", "015146", "001272"}, true
	_, err = p.Put(t.Context(), "bea", wide, noon())
	f("bea describe roma-air: air of 058091 082053 027042 046007 015146 and 1 more, single, delay 1 h, exact positions, CC-BY-4.0", err)
	wide.Comuni = wide.Comuni[:1]
	if _, err = p.Put(t.Context(), "bea", wide, noon()); err != nil {
		t.Fatal(err)
	}
	trail.heard = nil
	f("ada withdraw roma-air: air of 058091, single, delay 1 h, exact positions, CC-BY-4.0", set("ada", false))
	keeper.fail = errors.New("no space")
	if err := set("ada", true); err == nil || len(trail.heard) > 0 {
		t.Errorf("what was not kept: %v, heard %v", err, trail.heard)
	}
	keeper.fail, trail.fail = nil, errors.New("no space")
	if err := set("ada", true); err == nil || !strings.Contains(err.Error(), "not in the audit log") {
		t.Errorf("what the trail did not hear: %v", err)
	}
}

func TestSignificant(t *testing.T) {
	f := func(v, want float64) {
		t.Helper()
		if got := significant(v, 3); got != want {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
	f(0, 0)
	f(102_345, 102_000)
	f(-0.012345, -0.0123)
	f(99.96, 100)
}
