package geo

import (
	"cmp"
	"slices"
)

// version names one version of one area. Two polygons of an area may come as
// two features of the same version.
type version struct {
	code, zone string
	from       int64 // Unix seconds
}

func versionOf(a *Area) version { return version{a.Code, a.Zone, a.ValidFrom.Unix()} }

// Merge returns the areas of have with those of add put in, ordered by code,
// zone and time. An area of add replaces those of have with the same code, zone
// and ValidFrom; a version without an end ends where the next one begins. So
// the same file merged again changes nothing.
//
// A comune that was merged into another keeps its boundary until it is given a
// ValidTo: a file cannot say by silence that a comune is gone.
func Merge(have, add []Area) []Area {
	replaced := make(map[version]bool, len(add))
	for i := range add {
		replaced[versionOf(&add[i])] = true
	}
	merged := slices.Clone(add)
	for i := range have {
		if !replaced[versionOf(&have[i])] {
			merged = append(merged, have[i])
		}
	}
	slices.SortStableFunc(merged, func(a, b Area) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Zone, b.Zone), a.ValidFrom.Compare(b.ValidFrom))
	})
	endVersions(merged)
	return merged
}

// endVersions ends each version that has no end where the next one of the same
// area begins.
func endVersions(ordered []Area) {
	for i := len(ordered) - 2; i >= 0; i-- {
		a, next := &ordered[i], &ordered[i+1]
		if a.Code != next.Code || a.Zone != next.Zone || !a.ValidTo.IsZero() {
			continue
		}
		if a.ValidFrom.Before(next.ValidFrom) {
			a.ValidTo = next.ValidFrom
		} else { // another feature of the same version
			a.ValidTo = next.ValidTo
		}
	}
}
