package devices

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
)

// maxJSONLine bounds a line of NDJSON, in bytes.
const maxJSONLine = 4 << 20

// WriteNDJSON writes devices as one JSON object a placement and a line. Its
// members are the columns of WriteCSV, as texts; what is empty is left out.
func WriteNDJSON(w io.Writer, list []*Device) error {
	lines := json.NewEncoder(w)
	for _, d := range list {
		for placement := range d.Placements {
			fields := exported(d, placement)
			maps.DeleteFunc(fields, func(_, text string) bool { return text == "" })
			if err := lines.Encode(fields); err != nil {
				return fmt.Errorf("write devices: %w", err)
			}
		}
	}
	return nil
}

// ReadNDJSON reads a JSON object a line, whose members are named as the columns
// of ReadCSV, in the way of ReadCSV.
func ReadNDJSON(r io.Reader, g Gazetteer) (*Import, error) {
	in := newRows(g, "line")
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64*1024), maxJSONLine)
	n := 0
	for lines.Scan() {
		n++
		if text := bytes.TrimSpace(lines.Bytes()); len(text) > 0 {
			in.addObject(n, text)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		in.fail(n+1, "", fmt.Errorf("it is longer than %d bytes", maxJSONLine))
	case err != nil:
		return nil, fmt.Errorf("read devices: %w", err)
	}
	return in.result()
}

// addObject parses one line.
func (r *rows) addObject(line int, text []byte) {
	members, err := parseMembers(text)
	if err == nil {
		err = checkMembers(members, knownColumn, "use "+columnNames())
	}
	if err != nil {
		r.fail(line, "", err)
		return
	}
	r.add(line, func(column string) string { return memberText(members, column) })
}

func parseMembers(text []byte) (members map[string]any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object; write one a line")
	}
	return members, nil
}

// checkMembers refuses members of other names than known ones, and values that
// a column cannot hold.
func checkMembers(members map[string]any, known func(name string) bool, hint string) error {
	for name, v := range members {
		if !known(name) {
			return fmt.Errorf("property %q is not known; %s", clip(name), hint)
		}
		switch v.(type) {
		case nil, string, bool, json.Number:
		default:
			return fmt.Errorf("property %s must be a text, a number, true or false", name)
		}
	}
	return nil
}

// memberText returns a member as a CSV file would have it.
func memberText(members map[string]any, name string) string {
	if members[name] == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(members[name]))
}
