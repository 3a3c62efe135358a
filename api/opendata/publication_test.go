package opendata

import (
	"errors"
	"strings"
	"testing"

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
	p, err := Open(t.Context(), keeper)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.SetPublished(t.Context(), "ada", "roma-air", true, noon()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SetPublished(t.Context(), "ada", "nothing", true, noon()); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v", err)
	}
	again, err := Open(t.Context(), keeper)
	if err != nil {
		t.Fatal(err)
	}
	if list := again.Published(); len(list) != 1 || list[0].ID != "roma-air" || list[0].Author != "ada" || !list[0].Changed.Equal(noon()) {
		t.Errorf("%+v", list)
	}
	keeper.fail = errors.New("no space")
	if _, err := again.SetPublished(t.Context(), "ada", "roma-air", false, noon()); err == nil {
		t.Error("what was not kept was done")
	}
	if one, _ := again.Get("roma-air"); !one.Published {
		t.Error("what was not kept is in force")
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
