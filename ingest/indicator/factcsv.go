package indicator

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// columns of a file of facts; the first four are required.
var columns = []string{"initiative", "id", "date", "value", "comune", "zone", "subject", "baseline", "target", "note"}

// decimalComma is a number as spreadsheets of Italy write it beside semicolons.
var decimalComma = regexp.MustCompile(`^[+-]?[0-9]*,[0-9]+$`)

// ReadCSV reads facts. The header line names the columns: initiative,id,date,
// value and, if wanted, comune,zone,subject,baseline,target,note. Comma and semicolon
// separate, as spreadsheets write them; beside semicolons a decimal comma is
// understood. Its error lists every line that is wrong, or says what another line
// says already.
func ReadCSV(in io.Reader) ([]Fact, error) {
	r, err := newReader(in)
	if err != nil {
		return nil, err
	}
	header, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	var out []Fact
	var errs []error
	seen := map[string]int{} // line of each fact
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, errors.Join(errs...)
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			errs = append(errs, fmt.Errorf("line %d: %w", syntax.StartLine, syntax.Err))
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the facts: %w", err)
		}
		line, _ := r.FieldPos(0)
		f, err := factOf(header, row, r.Comma == ';')
		if before := seen[f.key()]; err == nil && before > 0 {
			err = fmt.Errorf("the same indicator, place and date as line %d; keep one", before)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		seen[f.key()] = line
		out = append(out, f)
	}
}

// newReader skips a byte order mark and tells the separator by the header.
func newReader(in io.Reader) (*csv.Reader, error) {
	buffered := bufio.NewReader(in)
	start, err := buffered.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("read the facts: %w", err)
	}
	if mark := []byte("\ufeff"); bytes.HasPrefix(start, mark) {
		start = start[len(mark):]
		_, _ = buffered.Discard(len(mark)) // they are there
	}
	r := csv.NewReader(buffered)
	r.TrimLeadingSpace = true
	header, _, _ := bytes.Cut(start, []byte("\n"))
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		r.Comma = ';'
	}
	return r, nil
}

func readHeader(r *csv.Reader) ([]string, error) {
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("the header line cannot be read: %w", err)
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case !slices.Contains(columns, name):
			return nil, fmt.Errorf("unknown column %q; there are %s", name, strings.Join(columns, ","))
		case slices.Contains(header[:i], name):
			return nil, fmt.Errorf("the column %q is there twice", name)
		}
		header[i] = name
	}
	for _, name := range columns[:4] {
		if !slices.Contains(header, name) {
			return nil, fmt.Errorf("the column %q is missing", name)
		}
	}
	return header, nil
}

func factOf(header, row []string, comma bool) (f Fact, err error) {
	for i, name := range header {
		text := strings.TrimSpace(row[i])
		var bad error
		switch name {
		case "initiative":
			f.Initiative = text
		case "id":
			f.ID = text
		case "date":
			f.Date, bad = ParseDate(text)
		case "value":
			f.Value, bad = number(text, comma)
		case "comune":
			f.Comune = text
		case "zone":
			f.Zone = text
		case "subject":
			f.Subject = text
		case "baseline":
			f.Baseline, bad = optional(text, comma)
		case "target":
			f.Target, bad = optional(text, comma)
		case "note":
			f.Note = text
		}
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, bad))
		}
	}
	if err == nil {
		err = f.Validate()
	}
	return f, err
}

func number(text string, comma bool) (float64, error) {
	if comma && decimalComma.MatchString(text) {
		text = strings.Replace(text, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number; write it as 1234.5, without separators of thousands", text)
	}
	return v, nil
}

func optional(text string, comma bool) (*float64, error) {
	if text == "" {
		return nil, nil
	}
	v, err := number(text, comma)
	return &v, err
}
