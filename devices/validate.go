package devices

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rione/geo"
)

// Limits of an entry; lengths in bytes.
const (
	minID         = 3
	maxID         = 64
	maxName       = 200
	maxZone       = 64
	maxFormat     = 32
	maxExternalID = 128
	maxPlacements = 1000
	maxModel      = 100
	maxSpeaks     = 100
	maxInterval   = 31 * 24 * time.Hour
)

// exportID would be hidden by GET /v1/devices/export.
const exportID = "export"

// Known reports whether k is one of Kinds.
func (k Kind) Known() bool { return slices.Contains(Kinds(), k) }

// Validate returns an error that names everything wrong with the entry by
// itself. Whether the position fits the comune is the Gazetteer's to say, and
// whether the external identity is free is the registry's.
func (d *Device) Validate() error {
	errs := []error{
		checkID(d.ID), checkKind(d.Kind), checkFormat(d.Format), checkExternalID(d.ExternalID),
		checkText("name", d.Name, maxName), checkInterval(d.Interval),
		checkText("model", d.Model, maxModel), checkText("group", d.Group, maxModel), d.checkGrants(), d.checkCorrections(),
	}
	if len(d.Placements) == 0 {
		errs = append(errs, errors.New("placements: there is none; a device stands somewhere"))
	}
	if len(d.Placements) > maxPlacements {
		errs = append(errs, fmt.Errorf("placements: more than %d; a moving device sends its position itself", maxPlacements))
	}
	for i := range d.Placements {
		p := &d.Placements[i]
		if err := p.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("placement %d: %w", i+1, err))
		}
		if i > 0 && !p.ValidFrom.After(d.Placements[i-1].ValidFrom) {
			errs = append(errs, fmt.Errorf("placement %d: valid_from is not after the one before", i+1))
		}
	}
	return errors.Join(errs...)
}

// Validate returns an error that names everything wrong with the placement by
// itself.
func (p *Placement) Validate() error {
	errs := []error{checkComune(p.Comune), checkText("zone", p.Zone, maxZone), p.Point.Check(), checkDate(p.ValidFrom)}
	if p.Point.Check() == nil && p.Cell != p.Point.Cell(geo.LevelFixed) {
		errs = append(errs, fmt.Errorf("s2_cell_id %q is not the cell of the position; use Place to fill it in", p.Cell))
	}
	return errors.Join(errs...)
}

func checkID(id string) error {
	if len(id) < minID || len(id) > maxID || !isIDText(id) {
		return fmt.Errorf("device_id %q must be %d to %d lower-case letters, digits and hyphens", clip(id), minID, maxID)
	}
	if id == exportID {
		return fmt.Errorf("device_id %q is the API's own name for the export of the registry; choose another", id)
	}
	return nil
}

// isIDText reports whether s has no character but a-z, 0-9 and hyphen.
func isIDText(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func checkKind(k Kind) error {
	if !k.Known() {
		return fmt.Errorf("kind %q is not known; use one of %v", clip(string(k)), Kinds())
	}
	return nil
}

func checkComune(code string) error {
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return fmt.Errorf("comune %q must be the ISTAT code, six digits with its leading zeros (058091 is Roma)", clip(code))
	}
	return nil
}

func checkFormat(format string) error {
	if len(format) > maxFormat || !isIDText(format) {
		return fmt.Errorf("format %q is not the name of a format; rione decode --list names them", clip(format))
	}
	return nil
}

// checkExternalID wants what NormalExternalID returns, in visible ASCII: it is
// compared byte for byte with what networks send.
func checkExternalID(id string) error {
	if len(id) > maxExternalID {
		return fmt.Errorf("external_id is longer than %d bytes", maxExternalID)
	}
	if id != NormalExternalID(id) {
		return fmt.Errorf("external_id %q must be lower case, without spaces around it", clip(id))
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return fmt.Errorf("external_id %q must be visible ASCII characters", clip(id))
		}
	}
	return nil
}

// NormalExternalID returns id as the registry keeps it: lower case, without
// spaces around it.
func NormalExternalID(id string) string { return strings.ToLower(strings.TrimSpace(id)) }

func checkInterval(d time.Duration) error {
	if d < 0 || d > maxInterval {
		return fmt.Errorf("interval_s must be between 0 and %d seconds", int(maxInterval.Seconds()))
	}
	return nil
}

// checkDate refuses dates that can only be typing mistakes.
func checkDate(t time.Time) error {
	if y := t.UTC().Year(); !t.IsZero() && (y < 1970 || y > 2200) {
		return fmt.Errorf("valid_from is in the year %d; write one from 1970 to 2200", y)
	}
	return nil
}

// checkText wants printable UTF-8 of at most limit bytes.
func checkText(what, s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("%s is longer than %d bytes", what, limit)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return fmt.Errorf("%s holds control or invalid characters; save the file as UTF-8 text", what)
	}
	return nil
}

// clip shortens what goes into an error.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
