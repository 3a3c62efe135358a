package changelog

import (
	"time"

	"rione/devices"
)

// calibration is a devices.Calibration as it is stored.
type calibration struct {
	From        time.Time `json:"from,omitzero"`
	Measurement string    `json:"measurement,omitempty"`
	Field       string    `json:"field"`
	Gain        float64   `json:"gain"`
	Offset      float64   `json:"offset,omitempty"`
	Who         string    `json:"who,omitempty"`
	Note        string    `json:"note,omitempty"`
}

// invalid is a devices.Invalid as it is stored.
type invalid struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Fields []string  `json:"fields,omitempty"`
	Who    string    `json:"who"`
	When   time.Time `json:"when"`
	Why    string    `json:"why"`
}

func storedCalibrations(list []devices.Calibration) (out []calibration) {
	for _, c := range list {
		out = append(out, calibration(c))
	}
	return out
}

func calibrationsOf(list []calibration) (out []devices.Calibration) {
	for _, c := range list {
		out = append(out, devices.Calibration(c))
	}
	return out
}

func storedInvalid(list []devices.Invalid) (out []invalid) {
	for _, p := range list {
		out = append(out, invalid(p))
	}
	return out
}

func invalidOf(list []invalid) (out []devices.Invalid) {
	for _, p := range list {
		out = append(out, devices.Invalid(p))
	}
	return out
}
