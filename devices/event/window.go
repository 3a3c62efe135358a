package event

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"rione/devices"
)

// Window is a time of maintenance: what it covers is not judged meanwhile.
// Exactly one of Device, Group and Comune is set. A gateway's window covers
// what the gateway carries.
type Window struct {
	ID     string    `json:"id"`
	Device string    `json:"device,omitempty"`
	Group  string    `json:"group,omitempty"`
	Comune string    `json:"comune,omitempty"` // ISTAT code
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Note   string    `json:"note,omitempty"`
	Author string    `json:"author,omitempty"`
}

// Bounds of a window.
const (
	maxWindow = 366 * 24 * time.Hour
	maxNote   = 500 // bytes
)

// ErrBadWindow is wrapped by what Validate returns.
var ErrBadWindow = errors.New("not a maintenance window")

// Validate returns what is wrong with the window.
func (w *Window) Validate() error {
	set := 0
	for _, s := range []string{w.Device, w.Group, w.Comune} {
		if s != "" {
			set++
		}
	}
	wrong := ""
	switch {
	case set != 1:
		wrong = "name one of device, group and comune"
	case w.Comune != "" && (len(w.Comune) != 6 || strings.Trim(w.Comune, "0123456789") != ""):
		wrong = "comune must be the ISTAT code, six digits"
	case len(w.Device) > 64 || len(w.Group) > 100:
		wrong = "the name is too long"
	case w.From.IsZero() || w.Until.IsZero() || !w.Until.After(w.From):
		wrong = "it must end after it begins"
	case w.Until.Sub(w.From) > maxWindow:
		wrong = "it may last a year; retire what stays away longer"
	case len(w.Note) > maxNote || !utf8.ValidString(w.Note):
		wrong = fmt.Sprintf("the note may have %d bytes of UTF-8", maxNote)
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrBadWindow, wrong)
}

// Active tells whether the window is on at a time; its end is not part of it.
func (w *Window) Active(now time.Time) bool { return !now.Before(w.From) && now.Before(w.Until) }

// Covers tells whether a device is named by the window, at whatever time.
func (w *Window) Covers(d *devices.Device) bool {
	switch {
	case w.Device != "":
		return d.ID == w.Device || d.Via == w.Device
	case w.Group != "":
		return d.Group == w.Group
	}
	return d.Current().Comune == w.Comune
}
