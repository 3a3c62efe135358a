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

// extraTags gives the extra tags of a reading to the point. A network of Wi-Fi
// that is not public leaves no name: decoders and doors see to that, and this is
// where nothing passes that found a way around them.
func (p *pipeline) extraTags(pt *ingest.Point, tags []ingest.Tag) *ingest.Refusal {
	if p.opt.Networks != nil {
		for _, t := range tags {
			if t.Name == "ssid" && !p.opt.Networks(t.Value) {
				return &ingest.Refusal{Reason: ingest.BadTag, Field: "ssid", Detail: "the network is not listed as public; RIONE_PUBLIC_NETWORKS lists them"}
			}
		}
	}
	return p.tags.take(pt, tags)
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
