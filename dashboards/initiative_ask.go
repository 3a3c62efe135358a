package dashboards

import (
	"fmt"
	"strings"
	"time"
)

// Newest returns the InfluxQL of each indicator's newest value between two
// times: column value, a series for each tag id.
func (i Initiative) Newest(from, to time.Time) string {
	return between(i.figures().Select(Last("value")).By("id"), from, to)
}

// ByPlace returns the same for each comune or zone, as the initiative splits.
func (i Initiative) ByPlace(from, to time.Time) string {
	return between(i.figures().Select(Last("value")).By(i.Split, "id"), from, to)
}

// Course returns the InfluxQL of each indicator's daily means.
func (i Initiative) Course(from, to time.Time) string {
	return between(i.figures().Select(Mean("value")).By("id").Every(24*time.Hour).Fill("none"), from, to)
}

// between puts two times in the place of Grafana's filter.
func between(q Query, from, to time.Time) string {
	return strings.ReplaceAll(q.String(), "$timeFilter",
		fmt.Sprintf("time >= %dms AND time < %dms", from.UnixMilli(), to.UnixMilli()))
}
