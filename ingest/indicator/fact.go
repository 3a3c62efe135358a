package indicator

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// Fact is a dated figure of an initiative, of one of its places or of the whole.
type Fact struct {
	Initiative string    `json:"initiative"`
	ID         string    `json:"id"`
	Date       time.Time `json:"date,omitzero"` // from when it is so; midnight in Rome
	Comune     string    `json:"comune,omitempty"`
	Zone       string    `json:"zone,omitempty"`
	Subject    string    `json:"subject,omitempty"` // administration, data set or other thing that it is about
	Value      float64   `json:"value"`
	Baseline   *float64  `json:"baseline,omitempty"` // nil: the definition's
	Target     *float64  `json:"target,omitempty"`   // nil: the definition's
	Note       string    `json:"note,omitempty"`     // its source
}

var (
	word      = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	istatCode = regexp.MustCompile(`^([0-9]{6})?$`)
)

// ErrBadFact is wrapped by what Validate returns.
var ErrBadFact = errors.New("not a fact")

// Validate tells what is wrong with the fact.
func (f *Fact) Validate() error {
	wrong := ""
	switch {
	case !word.MatchString(f.Initiative):
		wrong = fmt.Sprintf("initiative: %q; use 1 to 40 of a-z, 0-9 and -", f.Initiative)
	case !word.MatchString(f.ID):
		wrong = fmt.Sprintf("id: %q; use 1 to 40 of a-z, 0-9 and -", f.ID)
	case !istatCode.MatchString(f.Comune):
		wrong = fmt.Sprintf("comune: %q; write the ISTAT code, six digits", f.Comune)
	case len(f.Zone) > 100 || len(f.Subject) > 100 || len(f.Note) > 500:
		wrong = "a zone and a subject have up to 100 bytes and a note up to 500"
	case f.Date.IsZero():
		wrong = "date: it is missing; write it as 2026-01-31"
	case f.Date.Year() < 1900 || f.Date.Year() > 2200:
		wrong = fmt.Sprintf("date: %s is not between 1900 and 2200", DateText(f.Date))
	case !finite(&f.Value) || !finite(f.Baseline) || !finite(f.Target):
		wrong = "value, baseline and target are finite numbers"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrBadFact, wrong)
}

func finite(v *float64) bool { return v == nil || !math.IsNaN(*v) && !math.IsInf(*v, 0) }

// ParseDate reads a date such as 2026-01-31: midnight in Rome.
func ParseDate(text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%w: %q is no date; write it as 2026-01-31", ErrBadFact, text)
	}
	return schema.Day.Start(t.Add(12 * time.Hour)), nil // noon is that day in Rome too
}

// DateText is the inverse of ParseDate.
func DateText(t time.Time) string { return t.Add(12 * time.Hour).UTC().Format(time.DateOnly) }

// newest returns of each indicator and place the fact that holds at a time.
func newest(facts []Fact, at time.Time) []Fact {
	last := map[Fact]Fact{}
	for _, f := range facts {
		key := Fact{Initiative: f.Initiative, ID: f.ID, Comune: f.Comune, Zone: f.Zone, Subject: f.Subject}
		if before, ok := last[key]; !f.Date.After(at) && (!ok || f.Date.After(before.Date)) {
			last[key] = f
		}
	}
	var out []Fact
	for _, f := range last {
		f.Date = time.Time{} // it holds now
		out = append(out, f)
	}
	return out
}

var (
	measurement = schema.Lookup("indicator")
	fields      = [...]*schema.Field{measurement.Field("value"), measurement.Field("baseline"), measurement.Field("target")}
)

// point is the fact as a point of the store, with the class of population of its
// administration, "" for none. That of the whole stands after those of its places.
func (f *Fact) point(at time.Time, class string) ingest.Point {
	p := ingest.Point{Measurement: measurement, Time: at}
	for _, t := range []ingest.Tag{
		{Name: "class", Value: class}, {Name: "comune", Value: f.Comune}, {Name: "id", Value: f.ID},
		{Name: "initiative", Value: f.Initiative}, {Name: "subject", Value: f.Subject}, {Name: "zone", Value: f.Zone},
	} {
		if t.Value != "" {
			p.Tags = append(p.Tags, t)
		}
	}
	if f.place() == (place{}) {
		p.Time = at.Add(time.Millisecond)
	}
	for i, v := range []*float64{&f.Value, f.Baseline, f.Target} {
		if v != nil {
			p.Fields = append(p.Fields, ingest.FieldValue{Field: fields[i], Float: *v})
		}
	}
	return p
}
