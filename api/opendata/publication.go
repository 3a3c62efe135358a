// Package opendata is what the city gives to everybody: which readings are
// published, how they are made safe to publish, their downloads, their catalogue
// and a page for people.
//
// Nothing is public unless a Publication says so, and whatever leaves passes
// through the rules of this package: see DESIGN.md.
package opendata

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"rione/geo"
	"rione/ingest/schema"
)

// Form is how readings are published.
type Form string

// The forms.
const (
	Single Form = "single" // readings of single devices
	Groups Form = "groups" // sums and means of a cell and an hour
)

// Text is a text for people in both languages.
type Text struct {
	IT string `json:"it" minLength:"1" maxLength:"2000"`
	EN string `json:"en" maxLength:"2000"`
}

// In returns the text in a language, "it" or "en".
func (t Text) In(lang string) string {
	if lang == "it" && t.IT != "" || t.EN == "" {
		return t.IT
	}
	return t.EN
}

// Holder is the administration that holds the rights to a data set.
type Holder struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
	Code string `json:"code" maxLength:"64" doc:"In the index of public administrations (IPA), such as c_h501; none only while it is not published."`
}

// Publication is a data set: what of the store is published, and how.
type Publication struct {
	ID          string    `json:"id" doc:"[a-z0-9-], part of its addresses."`
	Initiative  string    `json:"initiative"`
	Title       Text      `json:"title"`
	Description Text      `json:"description"`
	Comuni      []string  `json:"comuni" doc:"ISTAT codes."`
	Measurement string    `json:"measurement" doc:"See /v1/schema."`
	Form        Form      `json:"form" enum:"single,groups" doc:"single: readings of devices; groups: sums and means of a cell and an hour."`
	DelayH      int       `json:"delay_h" minimum:"0" maximum:"8760" doc:"Hours before a reading is published; at least 1 for groups."`
	Exact       bool      `json:"exact,omitempty" doc:"Publish the exact position of devices instead of their cell's; single only."`
	Holder      Holder    `json:"holder"`
	Contact     string    `json:"contact,omitempty" doc:"E-mail for questions."`
	Licence     string    `json:"licence,omitempty" doc:"SPDX; CC-BY-4.0 when empty."`
	Theme       string    `json:"theme" enum:"ENVI,TRAN,TECH,SOCI,ENER,REGI,GOVE" doc:"Of the EU's data themes."`
	Published   bool      `json:"published"`
	Issued      time.Time `json:"issued,omitzero" doc:"When it was first published."`
	Changed     time.Time `json:"changed,omitzero" doc:"When it was last changed."`
	Author      string    `json:"author,omitempty" doc:"Who changed it last."`
}

// Bounds of a publication.
const (
	leastGroupDelay = 1
	mostDelay       = 8760
	mostComuni      = 500
	mostText        = 2000
)

// ErrInvalid is returned for a publication that cannot be.
var ErrInvalid = errors.New("the publication cannot be so")

var (
	codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

	idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,62}$`)
	themes    = []string{"ENVI", "TRAN", "TECH", "SOCI", "ENER", "REGI", "GOVE"}
)

// licences are those that the law's guidelines know, by SPDX identifier: the
// term of AgID's controlled vocabulary.
func licenceTerm(spdx string) (term string, ok bool) {
	switch spdx {
	case "", DefaultLicence:
		return "https://w3id.org/italia/controlled-vocabulary/licences/A21_CCBY40", true
	case "CC0-1.0":
		return "https://w3id.org/italia/controlled-vocabulary/licences/A11_CCO10", true
	}
	return "", false
}

// licenceName is what the licence is called in AgID's vocabulary, and its version.
func (p *Publication) licenceName() (name, version string) {
	if p.licence() == DefaultLicence {
		return "Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)", "4.0"
	}
	return "Creative Commons CC0 1.0 Universale - Public Domain Dedication (CC0 1.0)", "1.0"
}

// DefaultLicence is that of a publication that names none.
const DefaultLicence = "CC-BY-4.0"

// Validate tells what is wrong with the publication.
func (p *Publication) Validate() error {
	if err := p.validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func (p *Publication) validate() error {
	if !codePattern.MatchString(p.Holder.Code) {
		return errors.New("it needs the IPA code of the administration that holds the rights, such as c_h501: give it as holder.code with PUT /v1/publications/{id}")
	}
	return p.validateTerms()
}

// validateTerms tells what is wrong with everything but the holder's code.
func (p *Publication) validateTerms() error {
	switch {
	case !idPattern.MatchString(p.ID):
		return errors.New("an id has 2 to 63 of a-z, 0-9 and -")
	case p.Title.IT == "" || len(p.Title.IT)+len(p.Title.EN) > mostText:
		return errors.New("it needs a title in Italian, of a readable length")
	case p.Description.IT == "" || len(p.Description.IT)+len(p.Description.EN) > 2*mostText:
		return errors.New("it needs a description in Italian, of a readable length")
	case p.Holder.Name == "":
		return errors.New("it needs the name of the administration that holds the rights")
	case !slices.Contains(themes, p.Theme):
		return fmt.Errorf("the theme is one of %v", themes)
	case p.DelayH < 0 || p.DelayH > mostDelay:
		return errors.New("the delay is 0 to 8760 hours")
	}
	if _, known := licenceTerm(p.Licence); !known {
		return fmt.Errorf("the licence %q is not known; use CC-BY-4.0 or CC0-1.0", p.Licence)
	}
	return errors.Join(p.validateComuni(), p.validateForm())
}

func (p *Publication) validateComuni() error {
	if len(p.Comuni) == 0 || len(p.Comuni) > mostComuni {
		return fmt.Errorf("name 1 to %d comuni by ISTAT code", mostComuni)
	}
	for _, c := range p.Comuni {
		if err := geo.CheckCode(c); err != nil {
			return err
		}
	}
	return nil
}

func (p *Publication) validateForm() error {
	r := releaseOf(p.Measurement)
	switch {
	case r == nil || schema.Lookup(p.Measurement) == nil:
		return fmt.Errorf("the measurement %q may not be published", p.Measurement)
	case p.Form == Single && len(r.open) == 0:
		return fmt.Errorf("%s is published in groups only", p.Measurement)
	case p.Form == Groups && len(r.groups()) == 0:
		return fmt.Errorf("%s has no fields that are published in groups", p.Measurement)
	case p.Form != Single && p.Form != Groups:
		return errors.New("the form is single or groups")
	case p.Form == Groups && p.DelayH < leastGroupDelay:
		return errors.New("groups want a delay of at least an hour: what comes late must not change what is out")
	case p.Form == Groups && p.Exact:
		return errors.New("groups have no exact position")
	}
	return nil
}

// delay returns how old a reading must be.
func (p *Publication) delay() time.Duration { return time.Duration(p.DelayH) * time.Hour }

// licence returns the licence's SPDX identifier.
func (p *Publication) licence() string {
	if p.Licence == "" {
		return DefaultLicence
	}
	return p.Licence
}

// covers reports whether the publication releases single readings of a
// measurement in a comune.
func (p *Publication) covers(measurement, comune string) bool {
	return p.Published && p.Form == Single && p.Measurement == measurement && slices.Contains(p.Comuni, comune)
}
