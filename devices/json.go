package devices

import (
	"encoding/json"
	"time"
)

// plain is Device without its methods, so that encoding/json does not recurse.
type plain Device

// deviceJSON is the entry as people and programs see it. The secret's hash has
// no place in it.
type deviceJSON struct {
	*plain
	IntervalS float64 `json:"interval_s,omitempty"`
}

// MarshalJSON writes the entry without its secret, the interval as interval_s
// in seconds.
func (d Device) MarshalJSON() ([]byte, error) {
	return json.Marshal(deviceJSON{plain: (*plain)(&d), IntervalS: d.Interval.Seconds()})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Device) UnmarshalJSON(b []byte) error {
	j := deviceJSON{plain: (*plain)(d)}
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	d.Interval = time.Duration(j.IntervalS * float64(time.Second))
	return nil
}
