package process

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"rione/ingest"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// normalize brings the values of r that pt's measurement knows to canonical
// fields, units and types. Values that fail a check are set aside.
func (p *pipeline) normalize(r *ingest.Reading, pt *ingest.Point) {
	p.series.of = nil
	for i := range r.Values {
		v := &r.Values[i]
		f := pt.Measurement.Field(v.Field)
		if f == nil {
			p.unknown(r, v, pt.Measurement)
			continue
		}
		value, assumed, refusal := canonical(v, f)
		if refusal != nil {
			p.refuse(refusal)
			continue
		}
		p.tracing().converted(pt.Measurement, v, &value, assumed)
		if assumed {
			pt.Quality |= ingest.AssumedReference
		}
		if refusal := p.calibrate(pt, &value); refusal != nil {
			p.refuse(refusal)
			continue
		}
		if bits := p.doubt(r, pt, &value); bits != 0 {
			p.suspects = append(p.suspects, suspect{pt.Measurement, f, value.Float + float64(value.Int), bits})
			continue
		}
		if f == ofFault && value.Int != 0 {
			pt.Quality |= ingest.DeviceFault
		}
		setField(pt, value)
	}
}

// unknown lists a value that goes nowhere: neither to m nor, in the other pass
// over a reading that names no measurement, to the measurement device.
func (p *pipeline) unknown(r *ingest.Reading, v *ingest.Value, m *schema.Measurement) {
	if r.Measurement == "" && (m == ofDevice || ofDevice.Field(v.Field) != nil) {
		return
	}
	p.readings.Unknown = append(p.readings.Unknown, v.Field)
}

// setField appends a value; a second value of one field replaces the first.
func setField(pt *ingest.Point, v ingest.FieldValue) {
	for i := range pt.Fields {
		if pt.Fields[i].Field == v.Field {
			pt.Fields[i] = v
			return
		}
	}
	pt.Fields = append(pt.Fields, v)
}

// canonical converts one value to its field's unit and type. assumed tells that
// a reference state had to be assumed.
func canonical(v *ingest.Value, f *schema.Field) (out ingest.FieldValue, assumed bool, refusal *ingest.Refusal) {
	out.Field = f
	if f.Type == schema.Text {
		return text(v, f)
	}
	number, refusal := numberOf(v, f)
	if refusal != nil {
		return out, false, refusal
	}
	if v.Unit != 0 {
		var err error
		if number, assumed, err = quantity.ToField(number, v.Unit, f.Name, f.Unit, nil); err != nil {
			return out, false, &ingest.Refusal{Reason: ingest.UnknownUnit, Field: f.Name, Unit: v.Unit.String(), Detail: "unit " + v.Unit.String() + ": " + err.Error()}
		}
	}
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return out, false, wrongType(f, "is not a finite number")
	}
	if f.Type == schema.Float {
		out.Float = number
		return out, assumed, nil
	}
	if number != math.Trunc(number) || math.Abs(number) > 1<<63-1024 {
		return out, false, wrongType(f, strconv.FormatFloat(number, 'g', -1, 64)+" is not a whole number")
	}
	out.Int = int64(number)
	return out, assumed, nil
}

func text(v *ingest.Value, f *schema.Field) (ingest.FieldValue, bool, *ingest.Refusal) {
	if v.Kind != ingest.Text {
		return ingest.FieldValue{}, false, wrongType(f, "is not a text")
	}
	return ingest.FieldValue{Field: f, Text: strings.Clone(v.Text)}, false, nil
}

func numberOf(v *ingest.Value, f *schema.Field) (float64, *ingest.Refusal) {
	switch v.Kind {
	case ingest.Number:
		return v.Num, nil
	case ingest.Bool:
		if f.Role == schema.State {
			return v.Num, nil
		}
		return 0, wrongType(f, "is true or false, and the field is a number")
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(v.Text), 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, wrongType(f, "is a text, and the field is a number")
	}
	return n, nil // out of range is ±Inf, which the caller refuses
}

func wrongType(f *schema.Field, what string) *ingest.Refusal {
	return &ingest.Refusal{Reason: ingest.WrongType, Field: f.Name, Detail: what + "; the field is of type " + f.Type.String()}
}
