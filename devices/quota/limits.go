package quota

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Class says whose limits they are.
type Class string

// The classes of limits.
const (
	Device  Class = "device"
	Gateway Class = "gateway" // a client that speaks for many: a gateway, or a token of the HTTP door
	Comune  Class = "comune"
)

// Limits bound what one device, gateway or comune brings. What is 0 is as for
// its class.
type Limits struct {
	PerSecond   float64 `json:"per_second,omitempty" doc:"Messages a second, sustained."`
	Burst       float64 `json:"burst,omitempty" doc:"Messages at once."`
	Series      int     `json:"series,omitempty" doc:"Series in the store."`
	BytesPerDay int64   `json:"bytes_per_day,omitempty" doc:"What the store grows by in a day (UTC), as estimated, bytes."`
}

// Defaults returns the limits of a class. They are generous: a device that does
// what it should never meets them.
func Defaults(c Class) Limits {
	switch c {
	case Gateway:
		return Limits{PerSecond: 50_000, Burst: 500_000, Series: 2000, BytesPerDay: 1 << 30}
	case Comune:
		return Limits{PerSecond: 100_000, Burst: 1_000_000, Series: 2_000_000, BytesPerDay: 100 << 30}
	}
	return Limits{PerSecond: 5000, Burst: 100_000, Series: 2000, BytesPerDay: 1 << 30}
}

// or returns l with what it leaves open taken from more.
func (l Limits) or(more Limits) Limits {
	return Limits{
		PerSecond: cmp.Or(l.PerSecond, more.PerSecond), Burst: cmp.Or(l.Burst, more.Burst),
		Series: cmp.Or(l.Series, more.Series), BytesPerDay: cmp.Or(l.BytesPerDay, more.BytesPerDay),
	}
}

// Validate returns an error that names what is wrong with l.
func (l Limits) Validate() error {
	switch {
	case l.PerSecond < 0 || l.Burst < 0 || l.Series < 0 || l.BytesPerDay < 0:
		return errors.New("a limit must not be negative; leave it out for that of the class")
	case l.Burst != 0 && l.Burst < 1:
		return errors.New("burst must be 1 or more")
	}
	return nil
}

// Subject is whom limits are for: one device, gateway or comune, or without a
// name all of the class.
type Subject struct {
	Class Class
	Name  string // device id or ISTAT code
}

// String writes a subject as ParseSubject reads it.
func (s Subject) String() string {
	if s.Name == "" {
		return string(s.Class)
	}
	return string(s.Class) + ":" + s.Name
}

// ParseSubject reads "device", "gateway" or "comune" for all of them, and
// "device:ID", "gateway:ID" or "comune:CODE" for one.
func ParseSubject(text string) (Subject, error) {
	class, name, named := strings.Cut(text, ":")
	s := Subject{Class(class), name}
	if s.Class != Device && s.Class != Gateway && s.Class != Comune || named && name == "" || len(name) > 64 {
		return s, fmt.Errorf("%q has no limits; write device, gateway or comune, or one of them as device:bin-1 or comune:058091", text)
	}
	return s, nil
}
