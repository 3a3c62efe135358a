package dashboards

import (
	"fmt"
	"strings"
)

// Action is what a change does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Change is one resource that is not as it should be.
type Change struct {
	Action      Action       `json:"action"`
	Kind        ResourceKind `json:"kind"`
	UID         string       `json:"uid"`
	Title       string       `json:"title"`
	Differences []Difference `json:"differences,omitempty"` // of an update

	want, live Resource
}

// Plan is what Apply would do, in its order. Its JSON is for reading: only a
// plan made by a Reconciler can be applied.
type Plan struct {
	Changes   []Change `json:"changes"`
	Unchanged int      `json:"unchanged"`
}

// Empty tells whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Changes) == 0 }

// count returns how many changes have that action.
func (p Plan) count(a Action) int {
	n := 0
	for _, c := range p.Changes {
		if c.Action == a {
			n++
		}
	}
	return n
}

// Differences shown of one resource; the rest is counted.
const shownDifferences = 10

// String describes the plan for people: a line for each resource, marked with
// +, ~ or -, below it what differs as live → want, and a sum.
func (p Plan) String() string {
	var b strings.Builder
	for _, c := range p.Changes {
		b.WriteString(c.Details())
	}
	fmt.Fprintf(&b, "%d to create, %d to change, %d to delete, %d as they should be\n",
		p.count(Create), p.count(Update), p.count(Delete), p.Unchanged)
	return b.String()
}

// ByHand describes a plan that Drift returned, from what was applied to what
// people made of it.
func (p Plan) ByHand() string {
	var b strings.Builder
	for _, c := range p.Changes {
		if c.Action == Create {
			fmt.Fprintf(&b, "- %s: deleted by hand\n", c)
			continue
		}
		fmt.Fprintf(&b, "~ %s: changed by hand\n", c)
		c.list(&b, Difference.byHand)
	}
	fmt.Fprintf(&b, "%d changed and %d deleted by hand\n", p.count(Update), p.count(Create))
	return b.String()
}

// Details describes a change for people: its sign and resource, below it what
// differs as live → want.
func (c Change) Details() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", sign(c.Action), c)
	c.list(&b, Difference.String)
	return b.String()
}

// list writes the first differences, one a line.
func (c Change) list(b *strings.Builder, line func(Difference) string) {
	for i, d := range c.Differences {
		if i == shownDifferences {
			fmt.Fprintf(b, "    … and %d more\n", len(c.Differences)-i)
			return
		}
		fmt.Fprintf(b, "    %s\n", line(d))
	}
}

// reference names a resource.
type reference struct {
	kind ResourceKind
	uid  string
}

// needs returns which of the failed resources the change depends on, "" for none.
func (c Change) needs(failed map[reference]bool) ResourceKind {
	switch {
	case c.Action == Delete:
		return ""
	case failed[reference{Folders, c.want.Folder}]:
		return Folders
	case c.Kind == PublicDashboards && failed[reference{Dashboards, c.UID}]:
		return Dashboards
	}
	return ""
}

// String names the resource.
func (c Change) String() string { return fmt.Sprintf("%s %s %q", c.Kind, c.UID, c.Title) }

func sign(a Action) string {
	switch a {
	case Create:
		return "+"
	case Delete:
		return "-"
	default:
		return "~"
	}
}
