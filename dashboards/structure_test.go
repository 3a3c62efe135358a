package dashboards

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// published is Grafana's own description of its JSON, in the part of JSON
// Schema that its types need.
type published struct {
	Definitions map[string]*published `json:"definitions"`
	Ref         string                `json:"$ref"`
	Type        any                   `json:"type"` // a name, or a list of names
	Properties  map[string]*published `json:"properties"`
	Required    []string              `json:"required"`
	Additional  json.RawMessage       `json:"additionalProperties"`
	Items       *published            `json:"items"`
	AnyOf       []*published          `json:"anyOf"`
	Const       any                   `json:"const"`
	Enum        []any                 `json:"enum"`
}

type checker struct{ definitions map[string]*published }

// check returns what in v is not as s describes, each with its path.
func (c *checker) check(path string, s *published, v any) []string {
	switch {
	case s.Ref != "":
		return c.check(path, c.definitions[strings.TrimPrefix(s.Ref, "#/definitions/")], v)
	case len(s.AnyOf) > 0:
		return c.any(path, s.AnyOf, v)
	case s.Const != nil && !reflect.DeepEqual(s.Const, v):
		return []string{fmt.Sprintf("%s: %v, want %v", path, v, s.Const)}
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, v):
		return []string{fmt.Sprintf("%s: %v is none of %v", path, v, s.Enum)}
	case s.Type != nil && !ofType(s.Type, v):
		return []string{fmt.Sprintf("%s: %v is no %v", path, v, s.Type)}
	}
	var out []string
	switch v := v.(type) {
	case map[string]any:
		out = c.object(path, s, v)
	case []any:
		for i, e := range v {
			if s.Items != nil {
				out = append(out, c.check(fmt.Sprintf("%s[%d]", path, i), s.Items, e)...)
			}
		}
	}
	return out
}

// any returns nothing when one alternative fits, else the complaints of the
// one that fits best.
func (c *checker) any(path string, alternatives []*published, v any) []string {
	var best []string
	for i, a := range alternatives {
		found := c.check(path, a, v)
		if len(found) == 0 {
			return nil
		}
		if i == 0 || len(found) < len(best) {
			best = found
		}
	}
	return best
}

func (c *checker) object(path string, s *published, v map[string]any) []string {
	var out []string
	for _, k := range s.Required {
		if _, there := v[k]; !there {
			out = append(out, path+": no "+k)
		}
	}
	for k, e := range v {
		if p := s.Properties[k]; p != nil {
			out = append(out, c.check(path+"."+k, p, e)...)
		} else if string(s.Additional) == "false" {
			out = append(out, path+"."+k+": not known")
		}
	}
	return out
}

func ofType(want, v any) bool {
	if names, ok := want.([]any); ok {
		return slices.ContainsFunc(names, func(n any) bool { return ofType(n, v) })
	}
	switch v.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || want == "integer"
	case string:
		return want == "string"
	case []any:
		return want == "array"
	default:
		return want == "object"
	}
}

// ours tells whether a key is right though the published types lack it: those
// that belong to the data source, and two that the state timeline's own page
// writes.
func ours(complaint string) bool {
	for _, k := range []string{
		".definition: not known",
		".insertNulls: not known", ".spanNulls: not known",
	} {
		if strings.HasSuffix(complaint, k) {
			return true
		}
	}
	return ofDataSource.MatchString(complaint)
}

// ofDataSource is what the data source wants to know of an annotation.
var ofDataSource = regexp.MustCompile(`\.annotations\.list\[\d+\]\.target\.\w+: not known$`)

// TestStructureIsGrafanas checks every page against the published types.
func TestStructureIsGrafanas(t *testing.T) {
	raw, err := os.ReadFile("testdata/grafana-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var root published
	if err := json.Unmarshal(raw, &root); err != nil {
		t.Fatal(err)
	}
	c := &checker{definitions: root.Definitions}
	top := c.definitions["Root"].Properties
	set := testSet(t)
	for _, r := range set.Resources() {
		if r.Kind != Dashboards {
			continue
		}
		page, err := decoded(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		found := c.check(r.UID, top["dashboard"], page)
		for _, e := range page["panels"].([]any) {
			p := e.(map[string]any)
			kind := p["type"].(string)
			if kind == "row" {
				continue
			}
			where := fmt.Sprintf("%s %v", r.UID, p["title"])
			found = append(found, c.check(where, top["options"].Properties[kind], p["options"])...)
			if custom := member(p, "fieldConfig", "defaults", "custom"); custom != nil && top["custom"].Properties[kind] != nil {
				found = append(found, c.check(where, top["custom"].Properties[kind], custom)...)
			}
		}
		for _, complaint := range found {
			if !ours(complaint) {
				t.Error(complaint)
			}
		}
	}
}

func member(v any, keys ...string) any {
	for _, k := range keys {
		o, _ := v.(map[string]any)
		v = o[k]
	}
	return v
}
