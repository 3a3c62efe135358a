package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rione/devices"
)

// A stage has one line, which is written over until it is done; what comes late
// of a stage that is done is not shown.
func TestProgressLine(t *testing.T) {
	var out strings.Builder
	p := newProgressLine(&out)
	p.hear(devices.Reading, 10, 400)
	p.hear(devices.Reading, 11, 400) // too soon
	p.hear(devices.Reading, 400, 400)
	p.hear(devices.Reading, 399, 400) // another goroutine was slower
	p.hear(devices.Hashing, 1, 3)
	p.hear(devices.Storing, 0, 3)
	p.hear(devices.Storing, 3, 3)
	const want = "\rreading the file: 10 of 400 (2 %)\rreading the file: 400 of 400 (100 %)\n" +
		"\rhashing secrets: 1 of 3 (33 %)\n" +
		"\rstoring devices: 0 of 3 (0 %)\rstoring devices: 3 of 3 (100 %)\n"
	if got := out.String(); got != want {
		t.Errorf("shown is %q, want %q", got, want)
	}
}

// Files and pipes are told nothing: only who looks on wants to know.
func TestProgressIsForTerminals(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if progressOn(f) != nil || progressOn(&strings.Builder{}) != nil {
		t.Error("a file or a buffer is taken for a terminal")
	}
}
