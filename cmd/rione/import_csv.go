package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// column is one of a CSV file: a name, and the unit of its values where the header
// says one, as in temp_c [°F].
type column struct {
	name string
	unit quantity.Unit // zero: that of the field
}

var (
	withUnit     = regexp.MustCompile(`^(\S+)\s*\[([^\[\]]+)\]$`)
	decimalComma = regexp.MustCompile(`^[+-]?[0-9]*,[0-9]+$`)
)

// csvReader reads lines under a header: time, device_id, measurement, and fields
// and tags by their names. An empty cell is no value. Comma and semicolon separate,
// as spreadsheets write them.
func csvReader(header []byte) (lineReader, error) {
	header = bytes.TrimPrefix(header, []byte("\ufeff"))
	separator := ','
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		separator = ';'
	}
	names, err := cellsOf(header, separator)
	if err != nil {
		return nil, fmt.Errorf("the header line cannot be read: %w", err)
	}
	columns, err := columnsOf(names)
	if err != nil {
		return nil, err
	}
	return func(line []byte) (map[string]any, error) {
		cells, err := cellsOf(line, separator)
		if err != nil {
			return nil, err
		}
		if len(cells) != len(columns) {
			return nil, fmt.Errorf("%d cells under %d columns; quote those that hold the separator", len(cells), len(columns))
		}
		fixed := map[string]string{}
		for i, c := range columns {
			if required(c.name) {
				fixed[c.name] = strings.TrimSpace(cells[i])
			}
		}
		m, members := schema.Lookup(fixed["measurement"]), map[string]any{}
		for i, c := range columns {
			cell := strings.TrimSpace(cells[i])
			if required(c.name) || cell == "" {
				continue
			}
			if separator == ';' && decimalComma.MatchString(cell) {
				cell = strings.Replace(cell, ",", ".", 1)
			}
			if members[c.name], err = c.value(cell, m); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return message(fixed["device_id"], fixed["measurement"], fixed["time"], members)
	}, nil
}

func cellsOf(line []byte, separator rune) ([]string, error) {
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma = separator
	return r.Read()
}

func columnsOf(names []string) (list []column, err error) {
	var there []string
	for _, name := range names {
		c := column{name: strings.TrimSpace(name)}
		if m := withUnit.FindStringSubmatch(c.name); m != nil {
			unit, known := quantity.Parse(strings.TrimSpace(m[2]))
			if !known {
				err = errors.Join(err, fmt.Errorf("the header line has the column %q, whose unit is not known%s", c.name, likely(m[2])))
			}
			c = column{name: m[1], unit: unit}
		}
		if slices.Contains(there, c.name) {
			err = errors.Join(err, fmt.Errorf("the header line has the column %q twice", c.name))
		}
		there, list = append(there, c.name), append(list, c)
	}
	for _, need := range []string{"time", "device_id", "measurement"} {
		if !slices.Contains(there, need) {
			err = errors.Join(err, fmt.Errorf("the header line has no column %q", need))
		}
	}
	return list, err
}

func required(name string) bool {
	return name == "time" || name == "device_id" || name == "measurement"
}

// likely names the unit that is probably meant.
func likely(symbol string) string {
	if name, ok := quantity.Nearest(symbol); ok {
		return "; is it " + name + "?"
	}
	return ""
}

// value is a cell as normalization reads it: a number as text is a number. One whose
// column has a unit is put into that of the field.
func (c column) value(cell string, m *schema.Measurement) (any, error) {
	if c.unit == 0 || m == nil || m.Field(c.name) == nil {
		return cell, nil
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", cell)
	}
	f := m.Field(c.name)
	n, _, err = quantity.ToField(n, c.unit, f.Name, f.Unit, nil)
	return n, err
}
