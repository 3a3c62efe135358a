package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "rione/"

// leaves of ingest that every room of it, and the rooms above, may lean on.
var leaves = []string{"ingest/schema", "ingest/quantity", "ingest/record"}

// allowed tells whether a package may import another one. The rooms stand in
// one order, and inside ingest sub-rooms meet only in their parent, in the
// leaves, and in process.
func allowed(from, to string, test bool) bool {
	top := func(p string) string { first, _, _ := strings.Cut(p, "/"); return first }
	if from == to || strings.HasPrefix(to, from+"/") && top(from) != "ingest" {
		return true // a room and what is below it
	}
	switch top(from) {
	case "cmd":
		return true
	case "geo":
		return top(to) == "geo"
	case "devices":
		return slices.Contains([]string{"geo", "devices"}, top(to))
	case "ingest":
		return allowedInIngest(from, to, test)
	case "api":
		return slices.Contains([]string{"geo", "devices", "ingest", "api"}, top(to)) && (test || to == "ingest" || slices.Contains(leaves, to) || top(to) != "ingest")
	case "dashboards":
		return slices.Contains([]string{"geo", "devices", "dashboards"}, top(to)) || to == "ingest/schema" || test && isInflux(to) || test && to == "ingest"
	case "simulator":
		return slices.Contains([]string{"geo", "devices", "simulator"}, top(to))
	}
	return false
}

func isInflux(p string) bool { return p == "ingest/influx" || strings.HasPrefix(p, "ingest/influx/") }

func allowedInIngest(from, to string, test bool) bool {
	switch {
	case test && to == "devices/natstest":
		return true // a real partner of tests, as those below
	case to == "geo" || to == "devices":
		return !slices.Contains(leaves, from) || from == "ingest/record"
	case !strings.HasPrefix(to, "ingest"):
		return false
	case slices.Contains(leaves, to):
		return from != "ingest/schema" && (from != "ingest/quantity" || test)
	case slices.Contains(leaves, from):
		return to == "ingest" && from == "ingest/record"
	case to == "ingest":
		return true
	case strings.HasPrefix(from, "ingest/process"):
		return true
	case test && (isInflux(to) || to == "ingest/journal"):
		return true // the real partners of tests
	}
	return sameRoom(from, to)
}

// sameRoom tells whether two packages are of one sub-room of ingest.
func sameRoom(a, b string) bool {
	room := func(p string) string { return strings.Join(strings.SplitN(p, "/", 3)[:2], "/") }
	return strings.Contains(a, "/") && room(a) == room(b)
}

func TestArrowsGoOneWay(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "rione-data") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		from, test := filepath.ToSlash(rel), strings.HasSuffix(file, "_test.go")
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			to, ours := strings.CutPrefix(name, module)
			if !ours {
				continue
			}
			seen++
			if !allowed(from, path.Clean(to), test) {
				t.Errorf("%s imports %s: the arrow goes the wrong way", file, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 100 {
		t.Errorf("only %d imports seen; the walk misses the rooms", seen)
	}
}

func TestTheGuardItself(t *testing.T) {
	f := func(from, to string, want bool) {
		t.Helper()
		if got := allowed(from, to, false); got != want {
			t.Errorf("allowed(%s, %s) = %v", from, to, got)
		}
	}
	f("geo", "devices", false)
	f("devices/changelog", "devices", true)
	f("devices", "ingest", false)
	f("ingest", "ingest/broker", false)
	f("ingest/broker", "ingest", true)
	f("ingest/broker", "ingest/intake", false)
	f("ingest/broker", "ingest/broker/packet", true)
	f("ingest/process", "ingest/influx", true)
	f("ingest/schema", "ingest", false)
	f("api", "ingest/schema", true)
	f("api", "ingest/process", false)
	f("dashboards", "ingest/schema", true)
	f("dashboards", "ingest", false)
	f("simulator", "ingest/schema", false)
	f("simulator/encode", "geo", true)
	f("cmd/rione", "ingest/process", true)
}
