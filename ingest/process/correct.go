package process

import (
	"fmt"
	"math"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

// calibrate corrects a value as the registry says of its device, field and time.
// A whole number stays one: it is rounded.
func (p *pipeline) calibrate(pt *ingest.Point, v *ingest.FieldValue) *ingest.Refusal {
	if len(pt.Device.Calibrations) == 0 || !v.Field.Correctable() {
		return nil
	}
	c := pt.Device.Calibration(pt.Measurement.Name, v.Field.Name, pt.Time)
	if c == nil {
		return nil
	}
	before := *v
	number := c.Apply(v.Float + float64(v.Int))
	switch {
	case math.IsNaN(number) || math.IsInf(number, 0):
		return wrongType(v.Field, "is not a finite number after its calibration")
	case v.Field.Type == schema.Float:
		v.Float = number
	case math.Abs(number) > 1<<63-1024:
		return wrongType(v.Field, "is too large after its calibration")
	default:
		v.Int = int64(math.Round(number))
	}
	p.tracing().calibrated(pt.Measurement, &before, v, c)
	return nil
}

// doubt returns why a value is set aside, 0 where it is good. One of a period
// that was declared invalid teaches the checks nothing.
func (p *pipeline) doubt(r *ingest.Reading, pt *ingest.Point, v *ingest.FieldValue) ingest.Quality {
	if len(pt.Device.Invalid) > 0 && v.Field.Type != schema.Text {
		if period := pt.Device.InvalidAt(pt.Measurement.Name, v.Field.Name, pt.Time); period != nil {
			p.tracing().invalid(pt.Measurement, v, period)
			return ingest.Invalidated
		}
	}
	return p.failed(r, pt, v)
}

// calibrated notes a value that the registry corrects.
func (t *Trace) calibrated(m *schema.Measurement, before, after *ingest.FieldValue, c *devices.Calibration) {
	if t == nil {
		return
	}
	why := fmt.Sprintf("calibration: times %s plus %s", number(c.Gain), number(c.Offset))
	if !c.From.IsZero() {
		why += ", from " + timeText(c.From) + " on"
	}
	t.note(NoteCalibrated, m.Name+"."+after.Field.Name, fieldText(before), fieldText(after), why+because(c.Who, c.Note))
}

// invalid notes a value of a period that was declared invalid.
func (t *Trace) invalid(m *schema.Measurement, v *ingest.FieldValue, period *devices.Invalid) {
	if t == nil {
		return
	}
	why := fmt.Sprintf("declared invalid from %s to %s on %s", timeText(period.From), timeText(period.Until), period.When.UTC().Format(time.DateOnly))
	t.note(NoteInvalid, m.Name+"."+v.Field.Name, fieldText(v), "suspect", why+because(period.Who, period.Why))
}

// because says who made a correction, and why.
func because(who, why string) string {
	text := ""
	if who != "" {
		text = ", by " + who
	}
	if why != "" {
		text += ": " + why
	}
	return text
}
