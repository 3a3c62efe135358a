package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rione/ingest"
)

// TestOutcome says what a message that leaves no reading is refused for: the first
// field at fault, else that none is known, else that all figures stand for nothing.
func TestOutcome(t *testing.T) {
	f := func(want string, fill func(*ingest.Readings)) {
		t.Helper()
		var out ingest.Readings
		fill(&out)
		err := Outcome(&out)
		if want == "" {
			if err != nil {
				t.Error(err)
			}
			return
		}
		var refusal *ingest.Refusal
		if !errors.As(err, &refusal) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	f("empty: the message holds no value", func(*ingest.Readings) {})
	f("", func(out *ingest.Readings) { out.Next() })
	f("", func(out *ingest.Readings) { out.Next(); Refuse(out, ingest.WrongType, "temp_c", "is no number") })
	f("wrong_type: temp_c: is no number", func(out *ingest.Readings) {
		Unknown(out, "mood")
		Absent(out, "rh_pct", 255)
		Refuse(out, ingest.WrongType, "temp_c", "is no number")
		Refuse(out, ingest.WrongType, "rh_pct", "is no number")
	})
	f("unknown_field: mood: no field of the message is known to the measurement", func(out *ingest.Readings) {
		Unknown(out, "mood")
		Unknown(out, "colour")
		Absent(out, "rh_pct", 255)
	})
	f("empty: rh_pct: every figure of the message says that there was no measurement", func(out *ingest.Readings) { Absent(out, "rh_pct", 255) })
}

// TestOutcomeTakesTheRefusals holds that a message that is refused as a whole does
// not have its fields refused too: each would be a quarantine entry of its own.
func TestOutcomeTakesTheRefusals(t *testing.T) {
	var out ingest.Readings
	Refuse(&out, ingest.WrongType, "temp_c", "is no number")
	if err := Outcome(&out); err == nil || len(out.Refused) != 0 {
		t.Errorf("%v, and %v besides", err, out.Refused)
	}
}

// TestListsAreBounded gives a message far more bad fields than are listed.
func TestListsAreBounded(t *testing.T) {
	var out ingest.Readings
	for i := range 1000 {
		name := fmt.Sprint("field", i)
		Unknown(&out, name)
		Absent(&out, name, 255)
		Refuse(&out, ingest.WrongType, name, "is no number")
		RefuseUnit(&out, name, "furlong")
	}
	if len(out.Unknown) != 100 || len(out.Absent) != 100 || len(out.Refused) != 100 {
		t.Errorf("%d unknown, %d absent, %d refused", len(out.Unknown), len(out.Absent), len(out.Refused))
	}
	if out.Unknown[0] != "field0" || out.Unknown[99] != "field99" || out.Absent[0] != (ingest.Absent{Field: "field0", Num: 255}) {
		t.Errorf("%q to %q, %v", out.Unknown[0], out.Unknown[99], out.Absent[0])
	}
}

// TestNamesAreCopied holds that what is listed outlives the payload's memory.
func TestNamesAreCopied(t *testing.T) {
	var out ingest.Readings
	payload := []byte("mood")
	Unknown(&out, Text(payload))
	Refuse(&out, ingest.WrongType, Text(payload), "is no number")
	RefuseUnit(&out, Text(payload), Text(payload))
	copy(payload, "xxxx")
	if out.Unknown[0] != "mood" || out.Refused[0].Field != "mood" || out.Refused[1].Field != "mood" || out.Refused[1].Unit != "mood" {
		t.Errorf("%v, %+v", out.Unknown, out.Refused)
	}
}

func TestUnknownUnit(t *testing.T) {
	f := func(symbol, unit, detail string) {
		t.Helper()
		r := UnknownUnit("temp_c", symbol)
		if r.Reason != ingest.UnknownUnit || r.Field != "temp_c" || r.Unit != unit || r.Detail != detail {
			t.Errorf("%q: %+v", symbol, r)
		}
	}
	f("furlong", "furlong", `unit "furlong" is in no table`)
	f("", "", `unit "" is in no table`)
	f(strings.Repeat("x", 33), strings.Repeat("x", 32), `unit "`+strings.Repeat("x", 32)+`" is in no table`)
	f(strings.Repeat("x", 31)+"è", strings.Repeat("x", 31), `unit "`+strings.Repeat("x", 31)+`" is in no table`) // cut within a letter
	f("celsius.", "celsius.", `unit "celsius." is in no table`+MeantUnit("celsius."))
	if got := MeantUnit("celsiu"); got != "; did you mean celsius?" {
		t.Errorf("celsiu: %q", got)
	}
	if got := MeantUnit("furlong"); got != "" {
		t.Errorf("furlong: %q", got)
	}
}
