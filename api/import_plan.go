package api

import (
	"slices"
	"time"

	"rione/devices"
	"rione/ingest/schema"
)

// PlanImport compares a file with the registry and returns the change set that
// it takes, and what that does. The error is a *devices.ImportError with every
// line that cannot be taken.
func PlanImport(s *devices.Snapshot, in *devices.Import) (devices.ChangeSet, *ImportResult, error) {
	return planImport(s, in, scope{})
}

// planImport is PlanImport for who answers for some comuni. What is of others is
// refused, and not named.
func planImport(s *devices.Snapshot, in *devices.Import, within scope) (devices.ChangeSet, *ImportResult, error) {
	if err := checkCorrected(in); err != nil {
		return devices.ChangeSet{}, nil, err
	}
	set, summary := devices.Plan(s, in)
	if err := within.mayApply(s, &set); err != nil {
		return set, nil, err
	}
	if err := in.Check(s, set, within.sees); err != nil {
		return set, nil, err
	}
	out := &ImportResult{Summary: summary, Rows: len(in.Rows), Revision: s.Revision}
	out.Retired = slices.DeleteFunc(in.StillRetired(s), func(id string) bool { return !within.sees(s.Device(id)) })
	var since time.Time
	if out.Backdated, since = devices.Backdated(s, set); len(out.Backdated) > 0 {
		out.Since = &since
	}
	return set, out, nil
}

// checkCorrected refuses corrections of fields that the schema does not know:
// they would correct nothing, and nobody would notice.
func checkCorrected(in *devices.Import) error {
	bad := &devices.ImportError{}
	for i := range in.Rows {
		row := &in.Rows[i]
		check := func(column, name string, wanted func(*schema.Field) bool) {
			if _, _, err := fieldNamed(name, wanted); err != nil {
				bad.Lines = append(bad.Lines, devices.LineError{Of: in.Of, Line: row.Line, Column: column, Problem: err.Error()})
			}
		}
		for _, c := range row.Device.Calibrations {
			name := c.Field
			if c.Measurement != "" {
				name = c.Measurement + "." + c.Field
			}
			check("calibrations", name, (*schema.Field).Correctable)
		}
		for _, p := range row.Device.Invalid {
			for _, name := range p.Fields {
				check("invalid", name, countable)
			}
		}
	}
	if len(bad.Lines) > 0 {
		return bad
	}
	return nil
}

// countable tells whether values of a field can be set aside.
func countable(f *schema.Field) bool { return f.Type != schema.Text }
