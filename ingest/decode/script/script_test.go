package script

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/ingest"
)

// asHost makes the test binary the child that it starts.
const asHost = "run-as-script-host"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asHost {
		if err := Host(os.Stdin, os.Stdout, Limits{Time: testLimit, Memory: 128 << 20}); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return
	}
	m.Run()
}

const testLimit = 400 * time.Millisecond

func runner(t testing.TB) *Runner {
	t.Helper()
	r, err := New(Options{Command: []string{os.Args[0], asHost}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// good is a codec as vendors write them.
const good = `
function readUInt16LE(bytes, i) { return (bytes[i + 1] << 8) + bytes[i]; }
function decodeUplink(input) {
  var data = { port: input.fPort, temperature: readUInt16LE(input.bytes, 0) / 10, isArray: Array.isArray(input.bytes) };
  if (input.recvTime) { data.at = input.recvTime.getTime(); }
  console.log("quiet", data);
  return { data: data, warnings: [], errors: [] };
}`

func TestRun(t *testing.T) {
	r := runner(t)
	f := func(source, want string) {
		t.Helper()
		got, err := r.Run("c"+source, source, Input{Bytes: []byte{0xee, 0}, Port: 85, Received: time.UnixMilli(1763791200123)})
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", source, got, err, want)
		}
	}
	f(good, `{"port":85,"temperature":23.8,"isArray":true,"at":1763791200123}`)
	f(`exports.decodeUplink = (i) => ({data: {n: i.bytes.length}})`, `{"n":2}`)
	f(`module.exports = {decodeUplink: (i) => ({data: {n: i.bytes[0]}, errors: []})}`, `{"n":238}`)
	f(`class A { static x = 2n }; const decodeUplink = 1; module.exports.decodeUplink = () => ({data: {a: [1, {b: null}], c: undefined}})`, `{"a":[1,{"b":null}]}`)
	f(`var n = 0; function decodeUplink() { return {data: {n: ++n}} }`, `{"n":1}`)
	f(`var n = 0; function decodeUplink() { return {data: {n: ++n}} }`, `{"n":1}`) // nothing is left of the last call
}

func TestFailures(t *testing.T) {
	r := runner(t)
	body := func(statements string) string { return "function decodeUplink(input) {" + statements + "}" }
	f := func(source, want string) {
		t.Helper()
		got, err := r.Run(source, source, Input{Bytes: []byte{1, 2}})
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > maxText+100 {
			t.Errorf("%.80s: %.80s, %v; want %s", source, got, err, want)
		}
		if got, err := r.Run("good", good, Input{Bytes: []byte{10, 0}}); err != nil || !strings.Contains(string(got), `"temperature":1`) {
			t.Fatalf("after %.80s the next codec fails: %s, %v", source, got, err)
		}
	}
	f(body(`for (;;) {}`), "it ran longer than 400ms")
	f(`for (;;) {}`, "it ran longer than 400ms")
	f(body(`return decodeUplink(input)`), "")
	f(body(`var a = []; for (;;) { a.push(new Array(1000).fill(a.length)) }`), "it ")
	f(body(`return {data: {x: new Uint8Array(1 << 30).length}}`), "it broke a limit of memory or time and ended its process")
	f(body(`var s = "x"; for (;;) { s += s }`), "it ")
	f(body(`return {data: {x: "y".repeat(100000)}}`), "the codec returned more than 65536 bytes")
	f(body(`throw new Error("wrong\n  frame")`), "Error: wrong frame")
	f(body(`throw "z".repeat(100000)`), "zzz…")
	f(body(`return {errors: ["unknown FPort", "x"]}`), "unknown FPort,x")
	f(body(`return {data: 7}`), "neither data nor errors")
	f(body(`return 7`), "the codec returned no object")
	f(body(`var o = {}; o.o = o; return {data: o}`), "circular")
	f(body(`return {data: [1]}`), "the codec's data is no object")
	f(body(`return {data: {toJSON: function () { for (;;) {} }}}`), "it ran longer than 400ms")
	f(body(`return {get data() { for (;;) {} }}`), "")
	f(body(`JSON = undefined; return {data: {}}`), "")
	f(body(`require("fs")`), "require is not defined")
	f(`function decode(`, "SyntaxError")
	f(`var x = 1`, "the codec has no function decodeUplink")
	f(strings.Repeat(" ", maxSource+1), "the codec has more than")
}

// TestHardLimit has a codec that no interrupt reaches: its process ends.
func TestHardLimit(t *testing.T) {
	r := runner(t)
	stuck := `function decodeUplink() { return {data: {x: /^((a+)+)+$(?=b)/.test("a".repeat(40) + "c")}} }`
	if _, err := r.Run("stuck", stuck, Input{}); !errors.Is(err, errDied) {
		t.Error("a codec that never ends:", err)
	}
	if _, err := r.Run("good", good, Input{Bytes: []byte{1, 0}}); err != nil {
		t.Error(err)
	}
}

// TestDeath kills the child between two calls.
func TestDeath(t *testing.T) {
	r := runner(t)
	for range 3 {
		if _, err := r.Run("good", good, Input{Bytes: []byte{1, 0}}); err != nil {
			t.Fatal(err)
		}
		if err := r.child.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	r := runner(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 25 {
				got, err := r.Run("good", good, Input{Bytes: []byte{byte(10 * i), 0}})
				if want := fmt.Sprintf(`"temperature":%d,`, i); err != nil || !strings.Contains(string(got), want) {
					t.Errorf("%s, %v", got, err)
				}
			}
		})
	}
	all.Wait()
}

func TestNotStarting(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a runner without a command")
	}
	for _, command := range []string{filepath.Join(t.TempDir(), "none"), "/bin/true"} {
		r, err := New(Options{Command: []string{command}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Run("good", good, Input{}); err == nil || !strings.Contains(err.Error(), "does not start") {
			t.Errorf("%s: %v", command, err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		if _, err := r.Run("good", good, Input{}); err == nil {
			t.Error("a closed runner runs")
		}
	}
}

func TestLibrary(t *testing.T) {
	dir := t.TempDir()
	write := func(name, source string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("Milesight-VS330.js", good)
	write("milesight.js", `function decodeUplink() { throw new Error("too general") }`)
	write("readme.txt", "no codec")
	l, err := Open(dir, runner(t))
	if err != nil || strings.Join(l.Names(), " ") != "Milesight-VS330 milesight" {
		t.Fatal(l.Names(), err)
	}
	object, found, err := l.Decode([]string{"", "Milesight VS330 (EU868)"}, []byte{10, 0}, 85)
	if !found || err != nil || !strings.Contains(string(object), `"temperature":1,`) {
		t.Errorf("%s, %v, %v", object, found, err)
	}
	_, found, err = l.Decode([]string{"milesight_ws101"}, []byte{10, 0}, 85)
	var r *ingest.Refusal
	if !found || !errors.As(err, &r) || r.Reason != ingest.Unparsable || r.Detail != "codec milesight: Error: too general" {
		t.Errorf("%v, %v", found, err)
	}
	if _, found, err = l.Decode([]string{"Elsys"}, nil, 1); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if l, err := Open(filepath.Join(dir, "none"), runner(t)); err != nil || len(l.Names()) > 0 {
		t.Error(err)
	}
	write("x.js", good)
	if _, err := Open(dir, runner(t)); err == nil {
		t.Error("a codec for everything with an x")
	}
}

func BenchmarkRun(b *testing.B) {
	r := runner(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Run("good", good, Input{Bytes: []byte{1, 0}}); err != nil {
			b.Fatal(err)
		}
	}
}
