package app

import (
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"

	"rione/cmd/rione/config"
	"rione/dashboards"
)

// A query of Grafana reads one InfluxDB. Where there are several by comune
// (RIONE_INFLUX_TARGETS), each has pages and alert rules of its own.

// byStore returns the organisation that sees all comuni: once for each
// InfluxDB, the default one first.
func byStore(c config.Config, all Organisation, initiatives []dashboards.Initiative) []Organisation {
	out := []Organisation{all}
	for _, t := range c.Targets() {
		o := all
		o.Name = "@" + t.Name
		o.Wanted.Label, o.Wanted.Place, o.Wanted.Part = labelOf(t.Name), t.Name, true
		o.Wanted.InfluxURL, o.Wanted.InfluxToken, o.Wanted.Bucket = t.URL, t.Token, t.Bucket
		o.Wanted.Within, o.Wanted.Comuni = t.Comuni, map[string]string{}
		for _, code := range t.Comuni {
			o.Wanted.Comuni[code] = all.Wanted.Comuni[code]
			if o.Wanted.Comuni[code] == "" {
				o.Wanted.Comuni[code] = code
			}
		}
		o.Wanted.Initiatives = within(initiatives, func(code string) bool { return slices.Contains(t.Comuni, code) })
		out = append(out, o)
	}
	if len(out) > 1 {
		first, left := &out[0].Wanted, func(code string) bool { return targetOf(c, code) == nil }
		first.Initiatives = spread(c, initiatives)
		first.Comuni = maps.Clone(first.Comuni)
		maps.DeleteFunc(first.Comuni, func(code, _ string) bool { return !left(code) })
	}
	return out
}

// longestLabel leaves the names of what is shipped room in Grafana's UIDs.
const longestLabel = 20

// labelOf marks the pages of a target. What is too long ends in a checksum, so
// that two names stay two.
func labelOf(target string) string {
	label := dashboards.DefaultLabel + "-" + target
	if len(label) <= longestLabel {
		return label
	}
	return fmt.Sprintf("%s%04x", label[:longestLabel-4], crc32.ChecksumIEEE([]byte(target))&0xffff)
}

// within returns the initiatives that have comuni of those, with these only.
func within(all []dashboards.Initiative, has func(code string) bool) []dashboards.Initiative {
	out := []dashboards.Initiative{}
	for _, i := range all {
		if i.Comuni = slices.DeleteFunc(slices.Clone(i.Comuni), func(code string) bool { return !has(code) }); len(i.Comuni) > 0 {
			out = append(out, i)
		}
	}
	return out
}

// spread returns the initiatives whose figures are all in the default InfluxDB:
// those that have comuni there, and those whose comuni are in several.
func spread(c config.Config, all []dashboards.Initiative) []dashboards.Initiative {
	out := []dashboards.Initiative{} // not nil, which would be those that rione brings
	for _, i := range all {
		at, err := storeOfAll(c, i.Comuni)
		if i.Spread = err != nil; i.Spread || at == nil {
			out = append(out, i)
		}
	}
	return out
}

// targetOf returns the target that takes a comune, nil for the default one.
func targetOf(c config.Config, comune string) *config.Target {
	all := c.Targets()
	for i := range all {
		if slices.Contains(all[i].Comuni, comune) {
			return &all[i]
		}
	}
	return nil
}

// storeOfAll returns the one target that takes all the comuni, nil for the
// default one.
func storeOfAll(c config.Config, comuni []string) (*config.Target, error) {
	var at *config.Target
	for i, code := range comuni {
		t := targetOf(c, code)
		if i > 0 && t != at {
			return nil, errors.New("its comuni are in several InfluxDBs of RIONE_INFLUX_TARGETS, and a page reads one: make a tenant for each of them")
		}
		at = t
	}
	return at, nil
}

// StoreOfAll returns where all the comuni are: the InfluxDB, its token,
// organisation and bucket. Where they are in several it is the default one.
func StoreOfAll(c config.Config, comuni []string) config.Target {
	if at, err := storeOfAll(c, comuni); err == nil && at != nil {
		return *at
	}
	url, token := StoreOf(c)
	return config.Target{Name: config.DefaultTarget, URL: url, Token: token, Org: c.InfluxOrg, Bucket: c.InfluxBucket}
}
