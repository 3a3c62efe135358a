package devices

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes devices as ReadCSV reads them, a line a placement, without
// secrets: an import of the file changes nothing in a registry that has them,
// and rebuilds them, history and corrections included, in one that has not.
func WriteCSV(w io.Writer, list []*Device) error {
	out := csv.NewWriter(w)
	header := exportHeader(list)
	record := make([]string, len(header))
	err := out.Write(header)
	for _, d := range list {
		for placement := range d.Placements {
			fields := exported(d, placement)
			for i, column := range header {
				record[i] = fields[column]
			}
			if err == nil {
				err = out.Write(record)
			}
		}
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("write devices: %w", err)
	}
	return nil
}

// exportHeader returns the columns that an export of the list has.
func exportHeader(list []*Device) []string {
	needed := make(map[string]bool)
	for _, d := range list {
		for column, text := range exportedMore(d) {
			needed[column] = needed[column] || text != ""
		}
	}
	header := slices.DeleteFunc(Columns(), func(column string) bool { return column == colSecret })
	for _, column := range MoreColumns() {
		if needed[column] {
			header = append(header, column)
		}
	}
	return header
}

// exportedMore returns what a file says of a device in MoreColumns.
func exportedMore(d *Device) map[string]string {
	fields := map[string]string{
		colModel: d.Model, colGroup: d.Group, colVia: d.Via, colSpeaks: strings.Join(d.Speaks, " "),
		colCalibrations: correctionsText(d.Calibrations), colInvalid: correctionsText(d.Invalid),
	}
	if state := d.State(); state != Approved {
		fields[colState] = string(state)
	}
	if d.Moving {
		fields[colMoving] = strconv.FormatBool(true)
	}
	return fields
}

// exported returns what a file says of one placement of a device, by column.
func exported(d *Device, placement int) map[string]string {
	p := &d.Placements[placement]
	fields := map[string]string{
		colID: d.ID, colKind: string(d.Kind), colComune: p.Comune, colZone: p.Zone, colName: d.Name,
		colFormat: d.Format, colExternalID: d.ExternalID, colPremises: strconv.FormatBool(d.Premises),
	}
	maps.Copy(fields, exportedMore(d))
	if placement > 0 { // they are the device's and said once
		delete(fields, colCalibrations)
		delete(fields, colInvalid)
	}
	if !p.Uncertain {
		fields[colLat], fields[colLon] = formatDegrees(p.Point.Lat), formatDegrees(p.Point.Lon)
	}
	if d.Interval > 0 {
		fields[colInterval] = strconv.FormatFloat(d.Interval.Seconds(), 'f', -1, 64)
	}
	switch {
	case !p.ValidFrom.IsZero():
		fields[colValidFrom] = p.ValidFrom.UTC().Format(time.RFC3339Nano)
	case len(d.Placements) > 1:
		fields[colValidFrom] = sinceEver().Format(time.RFC3339)
	}
	return fields
}
