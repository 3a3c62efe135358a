package dashboards

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Difference is one value that is not as it should be.
type Difference struct {
	Path string `json:"path"`
	Live any    `json:"live"` // nil: not there
	Want any    `json:"want"` // nil: should not be there
}

// String shows the difference as live → want.
func (d Difference) String() string { return d.Path + ": " + fromTo(d.Live, d.Want) }

// byHand shows the difference as want → live: what a person made of what was applied.
func (d Difference) byHand() string { return d.Path + ": " + fromTo(d.Want, d.Live) }

// Characters shown of a value, and how many of them are before what differs.
const (
	shownOfValue = 80
	shownBefore  = 20
)

// fromTo writes two values, each in at most shownOfValue characters: of long ones that
// begin alike the part in which they differ.
func fromTo(a, b any) string {
	from, to := written(a), written(b)
	alike := 0
	for alike < min(len(from), len(to)) && from[alike] == to[alike] {
		alike++
	}
	skip := 0
	if max(len(from), len(to)) > shownOfValue && alike > shownBefore {
		skip = alike - shownBefore
	}
	return short(from, skip) + " → " + short(to, skip)
}

// written is a value as JSON.
func written(v any) []rune {
	if v == nil {
		return []rune("(none)")
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return []rune(fmt.Sprint(v))
	}
	return []rune(string(raw))
}

// short leaves out what is before skip, and what is too long.
func short(text []rune, skip int) string {
	out, before := text[skip:], ""
	if skip > 0 {
		before = "…"
	}
	if len(out) > shownOfValue {
		return before + string(out[:shownOfValue-1]) + "…"
	}
	return before + string(out)
}

// differences returns what in live is not as want has it. What Grafana counts
// for itself, and what its web page adds when a person saves without an edit,
// is no difference. Both bodies must be as JSON is decoded.
func differences(want, live Resource) []Difference {
	d := &differ{ignored: ignored(want.Kind)}
	if want.Folder != live.Folder {
		d.add("folder", live.Folder, want.Folder)
	}
	for _, name := range slices.Sorted(maps.Keys(want.Secrets)) {
		if _, there := live.Secrets[name]; !there {
			d.add("secureJsonData."+name, nil, "(secret)")
		}
	}
	d.compare("", live.Body, want.Body)
	return d.found
}

// ignored returns the keys that are never compared. The default data source is
// for people to choose; the chosen value of a variable too.
func ignored(kind ResourceKind) []string {
	switch kind {
	case DataSources:
		return []string{"id", "orgId", "typeLogoUrl", "typeName", "version", "readOnly", "apiVersion", "isDefault",
			"secureJsonFields", "accessControl"}
	case Folders:
		return []string{"id", "orgId", "url", "version", "hasAcl", "canSave", "canEdit", "canAdmin", "canDelete", "created",
			"createdBy", "updated", "updatedBy", "parentUid", "parents", "managedBy", "accessControl"}
	case PublicDashboards:
		return nil
	case ContactPoints:
		return []string{"provenance"}
	case AlertGroups:
		return []string{"id", "orgID", "updated", "provenance", "guid", "intervalMs", "maxDataPoints", "version",
			"keep_firing_for", "missingSeriesEvalsToResolve", "record"}
	default:
		return []string{"id", "version", "schemaVersion", "pluginVersion", "current", "options", "iteration", appliedKey}
	}
}

type differ struct {
	ignored []string
	found   []Difference
}

func (d *differ) add(path string, live, want any) {
	d.found = append(d.found, Difference{Path: path, Live: live, Want: want})
}

func (d *differ) compare(path string, live, want any) {
	switch w := want.(type) {
	case map[string]any:
		if l, ok := live.(map[string]any); ok {
			d.objects(path, l, w)
			return
		}
	case []any:
		if l, ok := live.([]any); ok {
			d.lists(path, l, w)
			return
		}
	}
	if !reflect.DeepEqual(live, want) && !(blank(live) && blank(want)) {
		d.add(path, live, want)
	}
}

func (d *differ) objects(path string, live, want map[string]any) {
	keys := maps.Clone(live)
	maps.Copy(keys, want)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if !d.skips(path, k, want) {
			d.compare(join(path, k), live[k], want[k])
		}
	}
}

// skips tells whether a key is not compared. "id" names a panel or a
// transformation by number or word; only the numbers at the root are Grafana's.
// "options" are the values of a variable, but what a panel looks like.
func (d *differ) skips(path, key string, want map[string]any) bool {
	if !slices.Contains(d.ignored, key) {
		return false
	}
	_, variable := want["skipUrlSync"]
	switch key {
	case "id", "version":
		return path == "" || strings.HasPrefix(path, "rules[")
	case "options", "current":
		return variable
	}
	return true
}

// lists compares panels by their id, everything else by place.
func (d *differ) lists(path string, live, want []any) {
	if path == "panels" {
		d.panels(live, want)
		return
	}
	for i := range max(len(live), len(want)) {
		l, w := element(live, i), element(want, i)
		if base(path, i) {
			l, w = withoutValue(l), withoutValue(w)
		}
		d.compare(path+"["+strconv.Itoa(i)+"]", l, w)
	}
}

func (d *differ) panels(live, want []any) {
	rest := slices.Clone(live)
	for _, w := range want {
		var l any
		if i := slices.IndexFunc(rest, func(p any) bool { return panelID(p) == panelID(w) }); i >= 0 {
			l = rest[i]
			rest = slices.Delete(rest, i, i+1)
		}
		d.compare("panels["+panelName(w)+"]", l, w)
	}
	for _, l := range rest {
		d.add("panels["+panelName(l)+"]", l, nil)
	}
}

func element(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// panelID returns the id of a panel, 0 for what has none.
func panelID(panel any) float64 {
	p, _ := panel.(map[string]any)
	id, _ := p["id"].(float64)
	return id
}

func panelName(panel any) string {
	p, _ := panel.(map[string]any)
	return fmt.Sprintf("%q", p["title"])
}

// base tells whether the path is the first threshold. It holds from minus
// infinity on; Grafana writes that as null or as 0, by version.
func base(path string, i int) bool { return i == 0 && strings.HasSuffix(path, "thresholds.steps") }

func withoutValue(step any) any {
	s, ok := step.(map[string]any)
	if !ok {
		return step
	}
	s = maps.Clone(s)
	delete(s, "value")
	return s
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// blank tells whether a value says nothing: Grafana adds and drops such ones
// at will.
func blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, e := range v {
			if !blank(e) {
				return false
			}
		}
		return true
	}
	return false
}
