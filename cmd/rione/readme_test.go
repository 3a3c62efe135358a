package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"rione/ingest/decode"
)

var update = flag.Bool("update", false, "write the README's table of formats anew")

// The README lists the formats that `rione decode --list` lists.
func TestReadmeListsTheFormats(t *testing.T) {
	const readme, begin, end = "../../README.md", "<!-- formats -->\n", "<!-- /formats -->"
	b, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md has no table of formats between its marks")
	}
	var want strings.Builder
	want.WriteString("| format | specification | topics | yields |\n|---|---|---|---|\n")
	for _, f := range decode.Formats() {
		topics := f.Topics
		if topics != "" {
			topics = "`" + topics + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", f.Name, f.Specification, strings.ReplaceAll(topics, "|", "\\|"), f.Yields)
	}
	if table == want.String() {
		return
	}
	if !*update {
		t.Fatal("README.md lists other formats; go test ./cmd/rione -run Readme -args -update")
	}
	if err := os.WriteFile(readme, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
