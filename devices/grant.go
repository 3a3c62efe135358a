package devices

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// minSpeaks is the least length of a beginning, in bytes: a shorter one is a
// slip that would give a gateway half of the city.
const minSpeaks = 3

// MaySpeakFor reports whether publisher may publish for d: d itself does, and a
// gateway does by a grant. d.Via grants it to one gateway, and a gateway's
// Speaks to those whose id or external identity begins so. Where neither is
// said, a gateway speaks for the devices of its own comune.
func (s *Snapshot) MaySpeakFor(publisher string, d *Device) bool {
	p := s.byID.get(publisher).device
	return p != nil && !p.Pending && !p.Retired && (p.ID == d.ID || speaksFor(p, d))
}

// speaksFor reports whether the grants of the two make g speak for d.
func speaksFor(g, d *Device) bool {
	switch {
	case g.Kind != Gateway:
		return false
	case d.Via == g.ID:
		return true
	case d.Via == "" && len(g.Speaks) == 0:
		return g.Current().Comune == d.Current().Comune
	}
	return slices.ContainsFunc(g.Speaks, func(beginning string) bool {
		return strings.HasPrefix(d.ID, beginning) || strings.HasPrefix(d.ExternalID, beginning)
	})
}

func (d *Device) checkGrants() error { return errors.Join(d.checkVia(), d.checkSpeaks()) }

func (d *Device) checkVia() error {
	switch {
	case d.Via == "":
		return nil
	case d.Via == d.ID:
		return errors.New("via: a device does not carry itself; name its gateway or leave it out")
	}
	if err := checkID(d.Via); err != nil {
		return fmt.Errorf("via: %w", err)
	}
	return nil
}

func (d *Device) checkSpeaks() error {
	if len(d.Speaks) > 0 && d.Kind != Gateway {
		return fmt.Errorf("speaks: only a gateway speaks for others, not a device of kind %q", clip(string(d.Kind)))
	}
	if len(d.Speaks) > maxSpeaks {
		return fmt.Errorf("speaks: more than %d beginnings; give the devices a via instead", maxSpeaks)
	}
	for _, beginning := range d.Speaks {
		if len(beginning) < minSpeaks || strings.Contains(beginning, " ") {
			return fmt.Errorf("speaks: %q must be the beginning of ids or external identities, of %d characters or more", clip(beginning), minSpeaks)
		}
		if err := checkExternalID(beginning); err != nil {
			return fmt.Errorf("speaks: %w", err)
		}
	}
	return nil
}
