package devices

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadCSV reads a file of devices: a header that names Columns in any order,
// then a row a line. Comma and semicolon separate, as spreadsheets write them;
// beside semicolons a decimal comma is understood. It returns an *ImportError
// that lists every bad line, and nothing of the file, when there is one.
func ReadCSV(r io.Reader, g Gazetteer) (*Import, error) {
	buffered := bufio.NewReaderSize(r, 64*1024)
	separator, err := sniff(buffered)
	if err != nil {
		return nil, err
	}
	lines := csv.NewReader(buffered)
	lines.Comma, lines.FieldsPerRecord, lines.ReuseRecord = separator, -1, true
	column, err := readHeader(lines)
	if err != nil {
		return nil, err
	}
	in := newRows(g, "line")
	if separator == ';' {
		in.decimal = ","
	}
	for {
		record, err := lines.Read()
		var syntax *csv.ParseError
		switch {
		case err == io.EOF:
			return in.result()
		case errors.As(err, &syntax):
			in.fail(syntax.Line, "", fmt.Errorf("%w; check the quotes of this line", syntax.Err))
		case err != nil:
			return nil, fmt.Errorf("read devices: %w", err)
		default:
			in.addRecord(lines, record, column)
		}
	}
}

// addRecord parses one line of as many fields as the header.
func (r *rows) addRecord(lines *csv.Reader, record []string, column map[string]int) {
	line, _ := lines.FieldPos(0)
	if len(record) != len(column) {
		r.fail(line, "", fmt.Errorf("the line has %d fields, the header %d; quote fields that hold the separator", len(record), len(column)))
		return
	}
	r.add(line, func(name string) string {
		if i, named := column[name]; named {
			return strings.TrimSpace(record[i])
		}
		return ""
	})
}

// sniff skips a byte order mark and tells the separator by the header.
func sniff(r *bufio.Reader) (separator rune, err error) {
	start, err := r.Peek(4096)
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("read devices: %w", err)
	}
	if bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")) {
		return 0, errors.New("the file is UTF-16; save it as CSV UTF-8")
	}
	if mark := []byte("\ufeff"); bytes.HasPrefix(start, mark) {
		start = start[len(mark):]
		if _, err := r.Discard(len(mark)); err != nil {
			return 0, fmt.Errorf("read devices: %w", err)
		}
	}
	header, _, _ := bytes.Cut(start, []byte("\n"))
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		return ';', nil
	}
	return ',', nil
}

// readHeader returns the place of each column.
func readHeader(lines *csv.Reader) (map[string]int, error) {
	header, err := lines.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("the file is empty; its first line must name columns of %s", columnNames())
	}
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	column := make(map[string]int, len(header))
	var bad []LineError
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !knownColumn(name) {
			bad = append(bad, LineError{Of: "line", Line: 1, Column: clip(name), Problem: "this column is not known; use " + columnNames()})
		} else if _, twice := column[name]; twice {
			bad = append(bad, LineError{Of: "line", Line: 1, Column: name, Problem: "the column is there twice; delete one"})
		}
		column[name] = i
	}
	for _, name := range requiredColumns() {
		if _, there := column[name]; !there {
			bad = append(bad, LineError{Of: "line", Line: 1, Column: name, Problem: "the column is missing and required"})
		}
	}
	if len(bad) > 0 {
		return nil, &ImportError{Lines: bad}
	}
	return column, nil
}
