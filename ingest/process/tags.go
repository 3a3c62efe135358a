package process

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rione/ingest"
	"rione/ingest/schema"
)

// maxTagLen is the longest extra tag value, bytes.
const maxTagLen = 64

// interner keeps one copy of each extra tag value, since values repeat and
// payloads go away. It is bounded; beyond the bound values are copied.
type interner map[string]string

const maxInterned = 10_000

func (in interner) intern(s string) string {
	if kept, ok := in[s]; ok {
		return kept
	}
	kept := strings.Clone(s)
	if len(in) < maxInterned {
		in[kept] = kept
	}
	return kept
}

// take checks the extra tags of a reading and gives them to the point, in the
// order of their names.
func (in interner) take(pt *ingest.Point, tags []ingest.Tag) *ingest.Refusal {
	for _, t := range tags {
		known := pt.Measurement.Tag(t.Name)
		if known == nil {
			return &ingest.Refusal{Reason: ingest.BadTag, Field: strings.Clone(t.Name), Detail: pt.Measurement.Name + " has no such tag"}
		}
		if err := checkTag(known, t.Value); err != nil {
			return &ingest.Refusal{Reason: ingest.BadTag, Field: known.Name, Detail: err.Error()}
		}
		pt.Tags = append(pt.Tags, ingest.Tag{Name: known.Name, Value: in.intern(t.Value)})
	}
	if len(pt.Tags) > 1 {
		slices.SortFunc(pt.Tags, func(a, b ingest.Tag) int { return strings.Compare(a.Name, b.Name) })
	}
	return nil
}

func checkTag(t *schema.Tag, value string) error {
	if len(t.Values) > 0 {
		if !slices.Contains(t.Values, value) {
			return fmt.Errorf("the value is not one of %s", strings.Join(t.Values, ", "))
		}
		return nil
	}
	if value == "" || len(value) > maxTagLen || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return fmt.Errorf("the value must have 1 to %d bytes of printable text", maxTagLen)
	}
	return nil
}
