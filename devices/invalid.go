package devices

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Invalid is a period in which what a device measured is not to be believed,
// because it had fallen off its pole, say.
type Invalid struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`            // not included
	Fields []string  `json:"fields,omitempty"` // field or measurement.field; none: all that it measures
	Who    string    `json:"who"`
	When   time.Time `json:"when"`
	Why    string    `json:"why"`
}

const (
	maxInvalid       = 1000
	maxInvalidFields = 100
)

// Validate returns an error that names everything wrong with p by itself.
func (p *Invalid) Validate() error {
	errs := []error{checkDate(p.From), checkDate(p.Until), checkText("who", p.Who, maxAuthor), checkText("why", p.Why, maxNote)}
	switch {
	case p.From.IsZero() || p.Until.IsZero():
		errs = append(errs, errors.New("from and until are both needed: a period has two ends"))
	case !p.Until.After(p.From):
		errs = append(errs, errors.New("until is not after from"))
	}
	if strings.TrimSpace(p.Why) == "" {
		errs = append(errs, errors.New("why is missing: say what happened, for those who look for the values later"))
	}
	if len(p.Fields) > maxInvalidFields {
		errs = append(errs, fmt.Errorf("fields: more than %d; leave them out to name all", maxInvalidFields))
	}
	for _, f := range p.Fields {
		errs = append(errs, checkText("field", f, 2*maxFieldName))
	}
	return errors.Join(errs...)
}

// String is p for a person.
func (p Invalid) String() string {
	fields := cmp.Or(strings.Join(p.Fields, " "), "all fields")
	return fmt.Sprintf("%s from %s to %s: %s", fields, p.From.UTC().Format(time.RFC3339), p.Until.UTC().Format(time.RFC3339), p.Why)
}

// covers reports whether the period is about a field. Without fields it is about
// what the device measures; what it tells of itself stays, so that presence goes
// on.
func (p *Invalid) covers(measurement, field string) bool {
	if len(p.Fields) == 0 {
		return measurement != "device" && measurement != "event"
	}
	for _, f := range p.Fields {
		of, name, whole := strings.Cut(f, ".")
		if f == field || whole && of == measurement && name == field {
			return true
		}
	}
	return false
}

// InvalidAt returns the period in which a field is invalid at t, nil where it is
// good.
func (d *Device) InvalidAt(measurement, field string, t time.Time) *Invalid {
	for i := range d.Invalid {
		if p := &d.Invalid[i]; !t.Before(p.From) && t.Before(p.Until) && p.covers(measurement, field) {
			return p
		}
	}
	return nil
}

// Invalidated returns the invalid periods of d with p among them, in place of
// one of the same times and fields.
func (d *Device) Invalidated(p Invalid) []Invalid {
	next := slices.DeleteFunc(slices.Clone(d.Invalid), func(q Invalid) bool { return compareInvalid(p, q) == 0 })
	i, _ := slices.BinarySearchFunc(next, p, compareInvalid)
	return slices.Insert(next, i, p)
}

// Revalidated returns the invalid periods of d without those that begin at a
// time, and those.
func (d *Device) Revalidated(from time.Time) (left, undone []Invalid) {
	for _, p := range d.Invalid {
		if p.From.Equal(from) {
			undone = append(undone, p)
		} else {
			left = append(left, p)
		}
	}
	return left, undone
}

func compareInvalid(a, b Invalid) int {
	return cmp.Or(a.From.Compare(b.From), a.Until.Compare(b.Until), slices.Compare(a.Fields, b.Fields))
}
