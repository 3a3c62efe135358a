package devices

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Calibration corrects what a device measures: value·Gain + Offset, in the
// canonical unit of the field. It holds from a time on, until the next one of
// the same measurement and field; gain 1 and offset 0 end a correction.
type Calibration struct {
	From        time.Time `json:"from,omitzero"`         // zero: since ever
	Measurement string    `json:"measurement,omitempty"` // "": any that has the field
	Field       string    `json:"field"`
	Gain        float64   `json:"gain"`
	Offset      float64   `json:"offset"`
	Who         string    `json:"who,omitempty"`
	Note        string    `json:"note,omitempty"` // such as the certificate's number
}

// Limits of calibrations. A gain beyond these is a wrong unit, which the route's
// mapping corrects.
const (
	maxCalibrations = 1000
	maxGain         = 1e6
	maxOffset       = 1e12
	maxFieldName    = 64
)

// Validate returns an error that names everything wrong with c by itself.
// Whether there is such a field is the schema's to say.
func (c *Calibration) Validate() error {
	errs := []error{
		checkDate(c.From), checkText("measurement", c.Measurement, maxFieldName), checkText("field", c.Field, maxFieldName),
		checkText("who", c.Who, maxAuthor), checkText("note", c.Note, maxNote),
	}
	if c.Field == "" {
		errs = append(errs, errors.New("field: there is none; say what the calibration is of"))
	}
	if gain := math.Abs(c.Gain); !(gain >= 1/maxGain && gain <= maxGain) {
		errs = append(errs, fmt.Errorf("gain %g must be between %g and %g, or as much below 0", c.Gain, 1/maxGain, maxGain))
	}
	if !(math.Abs(c.Offset) <= maxOffset) {
		errs = append(errs, fmt.Errorf("offset %g must be a number of at most %g", c.Offset, maxOffset))
	}
	return errors.Join(errs...)
}

// String is c for a person.
func (c Calibration) String() string {
	field, from := c.Field, "since ever"
	if c.Measurement != "" {
		field = c.Measurement + "." + field
	}
	if !c.From.IsZero() {
		from = "from " + c.From.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("%s %s: times %g plus %g", field, from, c.Gain, c.Offset)
}

// Apply returns the corrected value.
func (c *Calibration) Apply(value float64) float64 { return value*c.Gain + c.Offset }

// Calibration returns the one that holds for a field at t, nil where there is
// none. One of the very measurement goes before one of any.
func (d *Device) Calibration(measurement, field string, t time.Time) *Calibration {
	var ofAny *Calibration
	for i := len(d.Calibrations) - 1; i >= 0; i-- {
		c := &d.Calibrations[i]
		if c.Field != field || t.Before(c.From) {
			continue
		}
		if c.Measurement == measurement {
			return c
		}
		if c.Measurement == "" && ofAny == nil {
			ofAny = c
		}
	}
	return ofAny
}

// Calibrated returns the calibrations of d with c among them, in place of one of
// the same field and date.
func (d *Device) Calibrated(c Calibration) []Calibration {
	next := slices.Clone(d.Calibrations)
	i, found := slices.BinarySearchFunc(next, c, compareCalibrations)
	if found {
		next[i] = c
		return next
	}
	return slices.Insert(next, i, c)
}

func compareCalibrations(a, b Calibration) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Measurement, b.Measurement), cmp.Compare(a.Field, b.Field))
}

// checkCorrections returns what is wrong with calibrations and invalid periods.
func (d *Device) checkCorrections() error {
	var errs []error
	if len(d.Calibrations) > maxCalibrations {
		errs = append(errs, fmt.Errorf("calibrations: more than %d", maxCalibrations))
	}
	for i := range d.Calibrations {
		if err := d.Calibrations[i].Validate(); err != nil {
			errs = append(errs, fmt.Errorf("calibration %d: %w", i+1, err))
		}
		if i > 0 && compareCalibrations(d.Calibrations[i-1], d.Calibrations[i]) >= 0 {
			errs = append(errs, fmt.Errorf("calibration %d: it is not after the one before", i+1))
		}
	}
	if len(d.Invalid) > maxInvalid {
		errs = append(errs, fmt.Errorf("invalid: more than %d periods; join those that belong together", maxInvalid))
	}
	for i := range d.Invalid {
		if err := d.Invalid[i].Validate(); err != nil {
			errs = append(errs, fmt.Errorf("invalid period %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}
