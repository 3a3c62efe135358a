package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"rione/cmd/rione/app"
)

// everyCommand calls f with each command and the words that name it.
func everyCommand(c *cobra.Command, words []string, f func(c *cobra.Command, words []string)) {
	for _, sub := range c.Commands() {
		named := append(append([]string{}, words...), sub.Name())
		f(sub, named)
		everyCommand(sub, named, f)
	}
}

// What is called wrongly exits with 2 and says why, whichever command it is.
func TestWrongUsage(t *testing.T) {
	r := newRig(t)
	f := func(want string, args ...string) {
		t.Helper()
		out, errs, code := r.run("", args...)
		if code != exitUsage || !strings.Contains(errs, want) || out != "" {
			t.Errorf("rione %q: exit %d\n%s%s", args, code, out, errs)
		}
	}
	groups := 0
	everyCommand(newRoot(), nil, func(c *cobra.Command, words []string) {
		if c.HasSubCommands() && len(words) == 1 && c.RunE != nil && c.Name() != "replay" && c.Name() != "simulate" {
			groups++
			f("unknown command \"nosuch\" for \"rione "+words[0]+"\"; see `rione "+words[0]+" --help`", words[0], "nosuch")
		}
	})
	if groups < 10 {
		t.Errorf("%d groups of commands were tried", groups)
	}
	f("unknown command \"nosuch\" for \"rione\"; see `rione --help`", "nosuch")
	f("unknown flag: --nosuch; see `rione devices list --help`", "devices", "list", "--nosuch")
	f("accepts 1 arg(s), received 0; see `rione devices import --help`", "devices", "import")
	f("want LAT,LON", "geo", "locate", "Roma")
	f("there is no format", "decode", "--format", "nosuch", "-")
}

// Every command explains itself, and each that lists or shows prints JSON.
func TestHelp(t *testing.T) {
	everyCommand(newRoot(), nil, func(c *cobra.Command, words []string) {
		if c.Short == "" {
			t.Errorf("rione %s does not say what it does", strings.Join(words, " "))
		}
		switch c.Name() {
		case "list", "show", "plan", "drift", "status", "history", "version", "config", "doctor", "ledger":
			if c.Flags().Lookup("json") == nil {
				t.Errorf("rione %s has no --json", strings.Join(words, " "))
			}
		}
	})
	r := newRig(t)
	if out := r.must("", "devices"); !strings.Contains(out, "import") || !strings.Contains(out, "Usage:") {
		t.Errorf("a group without a command shows its help, not\n%s", out)
	}
	var v struct{ Version string }
	if err := json.Unmarshal([]byte(r.must("", "version", "--json")), &v); err != nil || v.Version != version {
		t.Errorf("version: %+v, %v", v, err)
	}
}

// Commands that only look leave no data folder where there is none, such as in
// the wrong working directory; those that keep something make it.
func TestLookingLeavesNothing(t *testing.T) {
	r := newRig(t)
	f := func(code int, want string, args ...string) {
		t.Helper()
		out, errs, got := r.run("", args...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Errorf("rione %q: exit %d\n%s%s", args, got, out, errs)
		}
		if _, err := os.Stat(r.dir); !os.IsNotExist(err) {
			t.Errorf("rione %q left a data folder: %v", args, err)
		}
	}
	f(0, "[]", "devices", "list", "--json")
	f(0, "device_id,", "devices", "export", "-")
	f(0, "[]", "tokens", "list", "--json")
	f(0, "-\n", "geo", "locate", "41.9,12.5")
	f(0, "", "opendata", "list")
	f(0, "data folder", "doctor")
	f(1, "there is no device air-1", "devices", "show", "air-1", "--json")
	f(1, "no such device", "devices", "rotate", "air-1")
	f(1, "not pending", "devices", "approve", "air-1")
	f(1, "rione is not running", "quarantine", "list")

	r.must("device_id,kind,comune\nair-1,air,058091\n", "devices", "import", "-")
	if out := r.must("", "devices", "show", "air-1", "--json"); !strings.Contains(out, `"air-1"`) {
		t.Errorf("shown:\n%s", out)
	}
}

// A running rione is told what is missing, and by which command to look for it.
func TestErrorsSayWhatToDo(t *testing.T) {
	r := newRig(t)
	r.up()
	f := func(want string, args ...string) {
		t.Helper()
		if _, errs, code := r.run("", args...); code != exitFailed || !strings.Contains(errs, want) {
			t.Errorf("rione %q: exit %d, %s; want %q", args, code, errs, want)
		}
	}
	f("(air-1); `rione devices list` names what there is", "devices", "show", "air-1")
	f("`rione quarantine list` names", "quarantine", "show", "7-0", "--json")
	f("`rione events list` names", "events", "show", "nosuch", "--json")
	f("`rione replay list` names", "replay", "cancel", "nosuch")
	f("`rione tokens list` names", "tokens", "revoke", "nosuch")
	f("`rione opendata list` names", "opendata", "publish", "nosuch")
	r.env = append(r.env, "RIONE_ADMIN_TOKEN=not-the-one-it-was-started-with")
	f("set RIONE_ADMIN_TOKEN", "devices", "list")
}

func TestReachable(t *testing.T) {
	f := func(addr, want string) {
		t.Helper()
		if got := reachable(addr); got != want {
			t.Errorf("%s is reached as %s, want %s", addr, got, want)
		}
	}
	f("127.0.0.1:8080", "127.0.0.1:8080")
	f("[::1]:8080", "[::1]:8080")
	f("0.0.0.0:8080", "localhost:8080")
	f("[::]:8080", "localhost:8080")
	f("city.example:80", "city.example:80")
	f("nonsense", "nonsense")
}

// A process of another user counts as running, one that is gone does not.
func TestRunningIsTold(t *testing.T) {
	dir := t.TempDir()
	f := func(pid string, want bool) {
		t.Helper()
		if err := os.WriteFile(dir+"/rione.json", []byte(`{"pid":`+pid+`,"http":"127.0.0.1:1"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Running(dir); (err == nil) != want {
			t.Errorf("process %s: %v", pid, err)
		}
	}
	f("1", true) // everybody's, and nobody else's than root's
	f("2147483646", false)
}
