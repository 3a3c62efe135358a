package dashboards

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Newest returns the InfluxQL of each indicator's newest value between two
// times: column value, a series for each tag id.
func (i Initiative) Newest(from, to time.Time) string {
	return between(i.wholes().Select(Last("value")).By("id"), from, to)
}

// ByPlace returns the same for each comune, zone or administration, as the initiative
// splits: PlaceTag says in which tag. Administrations come with their class, see ClassText.
func (i Initiative) ByPlace(from, to time.Time) string {
	q := i.by(i.PlaceTag(), slices.Sorted(maps.Keys(namesOf(i.Indicators))))
	if i.Split == ByAdministration {
		q = q.By("class")
	}
	return between(q, from, to)
}

// Course returns the InfluxQL of each indicator's daily means.
func (i Initiative) Course(from, to time.Time) string {
	return between(i.wholes().Select(Mean("value")).By("id").Every(24*time.Hour).Fill("none"), from, to)
}

// between puts two times in the place of Grafana's filter.
func between(q Query, from, to time.Time) string {
	return strings.ReplaceAll(q.String(), "$timeFilter",
		fmt.Sprintf("time >= %dms AND time < %dms", from.UnixMilli(), to.UnixMilli()))
}
