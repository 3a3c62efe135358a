package geo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxZone is the longest name of a zone, in characters: it becomes a tag.
const maxZone = 64

// properties are the properties of a feature as text, by lower-case name.
type properties map[string]string

// newProperties keeps what is text, number or truth value, and not empty.
func newProperties(raw map[string]any) properties {
	props := make(properties, len(raw))
	for name, value := range raw {
		text := ""
		switch v := value.(type) {
		case string:
			text = strings.TrimSpace(v)
		case float64:
			text = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			text = strconv.FormatBool(v)
		}
		if text != "" {
			props[strings.ToLower(name)] = text
		}
	}
	return props
}

// first returns the first of the named properties that there is, or "".
func (p properties) first(names ...string) string {
	for _, name := range names {
		if text, ok := p[name]; ok {
			return text
		}
	}
	return ""
}

// labelBoundary returns the area that the properties of a boundary file name.
func labelBoundary(p properties) (Area, error) {
	comune, foreign := p.comune()
	if comune == "" {
		return Area{}, errors.New("names no comune: it needs a property com_istat_code, PRO_COM_T, PRO_COM, istat_code or comune with the ISTAT code")
	}
	zone := p.first("zone", "municipio", "quartiere")
	if zone == "" && foreign {
		zone = p.first("name", "nome")
	}
	return p.area(comune, zone)
}

// labelZone returns the zone of comune that the properties name.
func labelZone(p properties, comune, property string) (Area, error) {
	names := []string{"zone", "municipio", "quartiere", "name", "nome"}
	if property != "" {
		names = []string{strings.ToLower(property)}
	}
	zone := p.first(names...)
	if zone == "" {
		return Area{}, fmt.Errorf("names no zone: it needs a property %s", strings.Join(names, ", "))
	}
	area, err := p.area(comune, zone)
	if err != nil {
		return Area{}, err
	}
	if own, _ := p.comune(); own != "" {
		if own, err = padCode(own); err != nil || own != comune {
			return Area{}, fmt.Errorf("is of comune %s, not of %s", own, comune)
		}
	}
	return area, nil
}

// comune returns the code of the comune as the file has it. foreign is true
// when it is the code of another thing's comune, not of the feature itself.
func (p properties) comune() (code string, foreign bool) {
	if code := p.first("com_istat_code", "pro_com_t", "pro_com", "istat_code"); code != "" {
		return code, false
	}
	if code := p["comune"]; code != "" && strings.Trim(code, "0123456789") == "" {
		return code, true
	}
	return "", false
}

// area returns an area of the properties, still without a shape.
func (p properties) area(comune, zone string) (Area, error) {
	code, err := padCode(comune)
	if err != nil {
		return Area{}, err
	}
	if err := checkZone(zone); err != nil {
		return Area{}, err
	}
	area := Area{Code: code, Zone: zone, Schematic: p["schematic"] == "true"}
	area.Name = p.first("name", "nome")
	switch {
	case area.Name != "":
	case zone != "":
		area.Name = zone
	default:
		area.Name = p["comune"]
	}
	if area.ValidFrom, err = p.date("valid_from"); err != nil {
		return Area{}, err
	}
	if area.ValidTo, err = p.date("valid_to"); err != nil {
		return Area{}, err
	}
	if !area.ValidTo.IsZero() && !area.ValidFrom.Before(area.ValidTo) {
		return Area{}, errors.New("valid_to must be after valid_from")
	}
	return area, nil
}

// checkZone refuses names of zones that are no good as tags.
func checkZone(zone string) error {
	if utf8.RuneCountInString(zone) > maxZone {
		return fmt.Errorf("zone %.20q… is longer than %d characters", zone, maxZone)
	}
	if strings.ContainsFunc(zone, unicode.IsControl) {
		return fmt.Errorf("zone %q has control characters", zone)
	}
	return nil
}

// date reads a property that is a date (midnight UTC) or a moment.
func (p properties) date(name string) (time.Time, error) {
	text := p[name]
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is neither a date such as 2026-01-31 nor RFC 3339", name, text)
}
