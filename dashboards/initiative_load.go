package dashboards

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"rione/geo"
)

//go:embed initiatives/*.json
var shippedInitiatives embed.FS

// ShippedInitiatives returns the initiatives that rione brings.
func ShippedInitiatives() ([]Initiative, error) {
	folder, err := fs.Sub(shippedInitiatives, "initiatives")
	if err != nil {
		return nil, err
	}
	return LoadInitiatives(folder)
}

// ExportInitiatives writes the files of the initiatives that rione brings to dir,
// and returns how many. It replaces no file.
func ExportInitiatives(dir string) (int, error) {
	folder, err := fs.Sub(shippedInitiatives, "initiatives")
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return 0, fmt.Errorf("%s is there already: give an empty folder", filepath.Join(dir, name))
		}
	}
	return len(names), os.CopyFS(dir, folder)
}

// LoadInitiatives reads every .json file of a folder, in the order of names. Its
// error lists everything that is wrong, each with its file and line.
func LoadInitiatives(folder fs.FS) ([]Initiative, error) {
	if _, err := fs.Stat(folder, "."); err != nil { // Glob passes over it
		return nil, err
	}
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("there is no .json file: write one for each initiative")
	}
	var out []Initiative
	var errs []error
	from := map[string]string{}
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		i, err := readInitiative(text)
		if before := from[i.ID]; err == nil && before != "" {
			err = about(i.ID, "id %q: %s has it too; each initiative needs one of its own", i.ID, before)
		}
		from[i.ID] = name
		if err != nil {
			errs = append(errs, located(name, text, err)...)
			continue
		}
		out = append(out, i)
	}
	return out, errors.Join(errs...)
}

// readInitiative reads one file.
func readInitiative(text []byte) (Initiative, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var i Initiative
	if err := dec.Decode(&i); err != nil {
		return Initiative{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Initiative{}, &fault{at: dec.InputOffset(), err: errors.New("more stands here after the end of the initiative: write one in each file")}
	}
	if len(i.Comuni) == 0 {
		i.Comuni = comuniOf(i.ID)
	}
	return i, i.Validate()
}

// comuniOf returns the codes of the comuni that the table gives an initiative.
func comuniOf(id string) []string {
	var out []string
	for _, c := range geo.Comuni() {
		if slices.Contains(c.Initiatives, id) {
			out = append(out, c.Code)
		}
	}
	return out
}

// fault is something wrong with an initiative's file, and where that is.
type fault struct {
	word string // a string that stands there, or
	at   int64  // offset, bytes
	err  error
}

// Error implements error.
func (f *fault) Error() string { return f.err.Error() }

// Unwrap returns what is wrong.
func (f *fault) Unwrap() error { return f.err }

// about makes a fault of what stands where the word does.
func about(word, format string, args ...any) error {
	return &fault{word: word, err: fmt.Errorf(format, args...)}
}

// unknownField is what encoding/json says of a field that the type lacks.
var unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)

// located puts name:line before everything that is wrong with a file.
func located(name string, text []byte, err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range joined.Unwrap() {
			out = append(out, located(name, text, e)...)
		}
		return out
	}
	line := 1 + bytes.Count(text[:offsetOf(text, err)], []byte("\n"))
	return []error{fmt.Errorf("%s:%d: %w", name, line, explained(err))}
}

// offsetOf returns where in the text an error is, 0 where nothing tells.
func offsetOf(text []byte, err error) int {
	var f *fault
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := int64(0)
	switch {
	case errors.As(err, &f) && f.word == "":
		at = f.at
	case errors.As(err, &f):
		return max(0, bytes.Index(text, []byte(`"`+f.word+`"`)))
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	case errors.Is(err, io.ErrUnexpectedEOF):
		at = int64(len(bytes.TrimSpace(text)))
	default:
		if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
			return max(0, bytes.Index(text, []byte(`"`+m[1]+`"`)))
		}
	}
	return int(min(max(at, 0), int64(len(text))))
}

// explained says in the words of the file what encoding/json says in those of Go.
func explained(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("this is not JSON: %w", err)
	case errors.As(err, &kind):
		return fmt.Errorf("%s cannot be a %s", kind.Field, kind.Value)
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file ends too early: a bracket or a quote is not closed")
	}
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("unknown field %q; the initiatives that rione brings (`rione initiatives export DIR`) show which there are", m[1])
	}
	return err
}
