package devices

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"
)

// WriteCSV writes devices as ReadCSV reads them, a line a placement, without
// secrets: an import of the file changes nothing in a registry that has them,
// and rebuilds them, history included, in one that has not.
func WriteCSV(w io.Writer, list []*Device) error {
	out := csv.NewWriter(w)
	header := make([]string, 0, len(Columns()))
	for _, column := range Columns() {
		if column != colSecret {
			header = append(header, column)
		}
	}
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

// exported returns what a file says of one placement of a device, by column.
func exported(d *Device, placement int) map[string]string {
	p := &d.Placements[placement]
	fields := map[string]string{
		colID: d.ID, colKind: string(d.Kind), colComune: p.Comune, colZone: p.Zone, colName: d.Name,
		colFormat: d.Format, colExternalID: d.ExternalID, colPremises: strconv.FormatBool(d.Premises),
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
