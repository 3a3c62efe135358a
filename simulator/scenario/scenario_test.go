package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/scenario"
)

func TestShippedScenariosAreSound(t *testing.T) {
	list, err := scenario.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]*scenario.Scenario{}
	for _, s := range list {
		names[s.Name] = s
		o := simulator.Options{Broker: "tcp://127.0.0.1:1883"}
		if err := s.Apply(&o); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if err := o.Validate(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if s.Title == "" || s.About == "" || len(s.Formats) == 0 || time.Duration(s.For) > time.Minute || s.Limits == (scenario.Limits{}) {
			t.Errorf("%s: %+v", s.Name, s)
		}
		again, err := scenario.Open(s.Name)
		if err != nil || again.Title != s.Title {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	for _, name := range []string{"smoke", "small-comune", "capannori", "palermo", "roma", "venezia", "anci", "outage-drill", "reconnect-storm"} {
		if names[name] == nil {
			t.Errorf("%s is not shipped", name)
		}
	}
	if places, err := names["venezia"].Places(); err != nil || len(places) != 20 {
		t.Errorf("venezia has %d comuni, %v", len(places), err)
	}
	if places, err := names["anci"].Places(); err != nil || len(places) < 20 {
		t.Errorf("anci has %d comuni, %v", len(places), err)
	}
}

func TestAFileSaysEverything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.json")
	text := `{"title":"Mine","about":"x","comuni":["058091"],"devices":10,"formats":["native"],"for":"1m30s","bursts":{"base":10,"peak":100,"pause":"10s","burst":"2s"},
		"start":"2026-03-23T08:00:00Z","faults":{"late":0.5,"outages":[{"at":"5s","for":"1s","every":"10s","of":"gateway"}]},"limits":{"ack_p99":"250ms","min_rate":5}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	var o simulator.Options
	if err := s.Apply(&o); err != nil {
		t.Fatal(err)
	}
	want := simulator.Outage{At: 5 * time.Second, For: time.Second, Every: 10 * time.Second, Of: "gateway"}
	if s.Name != "mine" || o.For != 90*time.Second || o.Faults.Late != 0.5 || o.Faults.Outages[0] != want || len(o.Profile) < 10 ||
		!o.Start.Equal(time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC)) || s.Limits.Checks() != (simulator.Limits{AckP99: 250 * time.Millisecond, MinRate: 5}) {
		t.Errorf("%+v of %+v", o, s)
	}
}

func TestTheNightOfTheClockChange(t *testing.T) {
	s, err := scenario.Parse("x", []byte(`{"comuni":["058091"],"devices":1,"formats":["native"],"for":"1s","start":"clock-change"}`))
	if err != nil {
		t.Fatal(err)
	}
	var o simulator.Options
	if err := s.Apply(&o); err != nil {
		t.Fatal(err)
	}
	if o.Start.Weekday() != time.Sunday || o.Start.Hour() != 0 || o.Start.Minute() != 30 || o.Start.After(time.Now().Add(-24*time.Hour)) {
		t.Errorf("the night begins at %v", o.Start)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	f := func(want, text string) {
		t.Helper()
		_, err := scenario.Parse("x", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	f("devices", `{"comuni":["058091"],"for":"1s"}`)
	f("for", `{"comuni":["058091"],"devices":1}`)
	f("unknown field", `{"device":1}`)
	f("no duration", `{"for":"soon"}`)
	f("morse", `{"comuni":["058091"],"devices":1,"for":"1s","formats":["morse"]}`)
	f("999999", `{"comuni":["999999"],"devices":1,"for":"1s"}`)
	f("initiative", `{"devices":1,"for":"1s"}`)
	f("clock-change", `{"comuni":["058091"],"devices":1,"for":"1s","start":"yesterday"}`)
	for _, name := range []string{"atlantis", "./atlantis.json"} {
		if _, err := scenario.Open(name); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"comuni":["058091"],"devices":1,"for":"1s","formats":["native"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := scenario.Parse("x", text); err == nil {
			var o simulator.Options
			if err := s.Apply(&o); err != nil {
				t.Errorf("a scenario that was read cannot be applied: %v", err)
			}
		}
	})
}
