package devices

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A file of devices carries calibrations and invalid periods as JSON, in the
// members of Calibration and Invalid. They are added to what the registry has: a
// file that was written before somebody calibrated takes nothing away.

// correctionsText returns a list as a file has it, "" for an empty one.
func correctionsText[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "" // never: they are numbers, texts and times of four-digit years
	}
	return string(text)
}

// parseCorrections reads what correctionsText writes. A member that is not known
// is a slip that would go unnoticed for years, so it is refused.
func parseCorrections[T any](text string) (list []T, err error) {
	if text == "" {
		return nil, nil
	}
	in := json.NewDecoder(bytes.NewReader([]byte(text)))
	in.DisallowUnknownFields()
	if err = in.Decode(&list); err == nil {
		if _, more := in.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the list")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("it must be a JSON list as an export writes it: %w", err)
	}
	return list, nil
}

// corrections reads the columns of corrections into d.
func (r *rows) corrections(line int, get func(column string) string, d *Device) {
	var said Device
	var err error
	said.Calibrations, err = parseCorrections[Calibration](get(colCalibrations))
	r.fail(line, colCalibrations, err)
	said.Invalid, err = parseCorrections[Invalid](get(colInvalid))
	r.fail(line, colInvalid, err)
	for i := range said.Calibrations {
		c := &said.Calibrations[i]
		c.From = c.From.UTC()
	}
	for i := range said.Invalid {
		p := &said.Invalid[i]
		p.From, p.Until, p.When = p.From.UTC(), p.Until.UTC(), p.When.UTC()
	}
	d.addCorrections(&said)
	r.fail(line, "", d.checkCorrections())
}

// addCorrections adds those of b to those of d, in place of those of the same
// field and time.
func (d *Device) addCorrections(b *Device) {
	d.Calibrations = joined(b.Calibrations, d.Calibrations, compareCalibrations)
	d.Invalid = joined(b.Invalid, d.Invalid, compareInvalid)
}

// joined returns both lists as one in order; of equals the one of the first.
func joined[T any](first, second []T, compare func(a, b T) int) []T {
	all := slices.Concat(first, second)
	slices.SortStableFunc(all, compare)
	return slices.CompactFunc(all, func(a, b T) bool { return compare(a, b) == 0 })
}

// sameCorrections reports whether a and b correct alike, with the same reasons.
func sameCorrections(a, b *Device) bool {
	return slices.EqualFunc(a.Calibrations, b.Calibrations, Calibration.equal) && slices.EqualFunc(a.Invalid, b.Invalid, Invalid.equal)
}

func (c Calibration) equal(b Calibration) bool {
	return c.sameEffect(b) && c.Who == b.Who && c.Note == b.Note
}

// sameEffect reports whether c and b correct alike.
func (c Calibration) sameEffect(b Calibration) bool {
	return compareCalibrations(c, b) == 0 && c.Gain == b.Gain && c.Offset == b.Offset
}

func (p Invalid) equal(b Invalid) bool {
	return p.sameEffect(b) && p.Who == b.Who && p.Why == b.Why && p.When.Equal(b.When)
}

// sameEffect reports whether p and b set the same values aside.
func (p Invalid) sameEffect(b Invalid) bool { return compareInvalid(p, b) == 0 }
