package changelog_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/changelog"
)

// Environment of the child process that is killed.
const (
	childDir     = "CHANGELOG_TEST_DIR"
	childSubject = "CHANGELOG_TEST_SUBJECT"
	childPublish = "CHANGELOG_TEST_PUBLISH"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := runChild(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// Sizes such that the import takes many parts, and then a checkpoint.
const (
	killFleet = 6_000
	killPart  = 16 << 10
)

// runChild imports a fleet into the registry in dir and, right before the given
// publish on the given subject, says so and waits to be killed.
func runChild(dir string) error {
	s, err := startServer(dir)
	if err != nil {
		return err
	}
	js, _, err := connect(s)
	if err != nil {
		return err
	}
	at, err := strconv.Atoi(os.Getenv(childPublish))
	if err != nil {
		return err
	}
	ready := func(func() error) error {
		fmt.Println("ready to die")
		select {}
	}
	ctx := context.Background()
	o := changelog.Options{PartSize: killPart, CheckpointBytes: killPart}
	l, err := changelog.Open(ctx, &faulty{js, once(os.Getenv(childSubject), at, ready)}, o)
	if err != nil {
		return err
	}
	if _, err := l.Apply(ctx, killSet()); err != nil {
		return err
	}
	fmt.Println("applied")
	select {}
}

// killSet takes the same number of parts whenever it is stored.
func killSet() devices.ChangeSet {
	return devices.ChangeSet{Author: "test", Time: time.Unix(1763791200, 0), Put: fleet(killFleet)}
}

// killAt runs a child on dir, waits for so many lines of it, and kills it.
func killAt(t *testing.T, dir, subject string, publish, lines int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir, childSubject+"="+subject, childPublish+"="+strconv.Itoa(publish))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for range lines {
		said.Scan()
		t.Logf("killed at publish %d of %s: %s", publish, subject, said.Text())
	}
	if err := child.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	for said.Scan() {
		t.Errorf("the child went on: %s", said.Text())
	}
	if child.Wait() == nil {
		t.Fatal("the child ended well")
	}
}

// Whenever the process dies, the import is there as a whole or not at all, and
// the registry goes on.
func TestKilledInAnImport(t *testing.T) {
	f := func(publish, want int) {
		t.Helper()
		dir := t.TempDir()
		storeBase(t, dir)
		killAt(t, dir, setSubject, publish, 1)
		l := open(t, jetStreamIn(t, dir), changelog.Options{PartSize: killPart})
		if s := l.Snapshot(); s.Len() != want || s.Device("base") == nil {
			t.Errorf("killed at publish %d: %d devices, want %d", publish, s.Len(), want)
		}
		if n := apply(t, l, fleet(killFleet)...).Len(); n != 1+killFleet {
			t.Errorf("killed at publish %d: %d devices after the repeated import", publish, n)
		}
	}
	parts := partsOf(t)
	f(0, 1)
	f(1, 1)
	f(parts/2, 1)
	f(parts-1, 1)
	f(parts, 1+killFleet) // never reached: dies after the import
}

// A checkpoint that was not finished costs nothing but time.
func TestKilledInACheckpoint(t *testing.T) {
	f := func(publish int) {
		t.Helper()
		dir := t.TempDir()
		storeBase(t, dir)
		killAt(t, dir, checkpointSubject, publish, 2) // of the import and of the checkpoint
		js := jetStreamIn(t, dir)
		want := open(t, js, changelog.Options{}).Snapshot()
		if want.Len() != 1+killFleet {
			t.Fatalf("killed at publish %d: %d devices", publish, want.Len())
		}
		l := open(t, js, changelog.Options{CheckpointBytes: 1})
		s := apply(t, l, device("after"))
		eventually(t, "a whole checkpoint", func() bool { return startOf(t, js) == s.Revision+1 })
	}
	f(0)
	f(1)
	f(6)
}

// storeBase makes a registry of one device.
func storeBase(t *testing.T, dir string) {
	t.Helper()
	s, err := startServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.WaitForShutdown()
	defer s.Shutdown()
	js, nc, err := connect(s)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	l := open(t, js, changelog.Options{})
	apply(t, l, device("base"))
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// partsOf returns how many parts the import of the child takes.
func partsOf(t *testing.T) int {
	t.Helper()
	js := newJetStream(t)
	l := open(t, js, changelog.Options{PartSize: killPart})
	if _, err := l.Apply(t.Context(), killSet()); err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), "RIONE_REGISTRY")
	if err != nil {
		t.Fatal(err)
	}
	parts := int(s.CachedInfo().State.Msgs)
	if parts < 4 {
		t.Fatalf("the import takes %d parts only", parts)
	}
	return parts
}
