package opendata

import (
	"bytes"
	_ "embed" // datasets.json
	"encoding/json"
	"fmt"
	"slices"

	"rione/geo"
)

//go:embed datasets.json
var datasets []byte

// Shipped returns the data sets that are prepared for the shipped initiatives.
// None of them is published until an administrator says so. One that names no
// comuni is of those of its initiative; one whose holder has no code, since we
// know none that is confirmed, needs it before it can be published.
func Shipped() ([]Publication, error) {
	dec := json.NewDecoder(bytes.NewReader(datasets))
	dec.DisallowUnknownFields()
	var list []Publication
	if err := dec.Decode(&list); err != nil {
		return nil, fmt.Errorf("datasets.json: %w", err)
	}
	for i := range list {
		p := &list[i]
		if len(p.Comuni) == 0 {
			p.Comuni = comuniOf(p.Initiative)
		}
		if err := p.validateTerms(); err != nil {
			return nil, fmt.Errorf("datasets.json: %s: %w", p.ID, err)
		}
	}
	return list, nil
}

func comuniOf(initiative string) []string {
	var codes []string
	for _, c := range geo.Comuni() {
		if slices.Contains(c.Initiatives, initiative) {
			codes = append(codes, c.Code)
		}
	}
	return codes
}
