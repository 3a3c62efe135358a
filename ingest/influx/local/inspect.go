package local

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// startOf returns when a process started, in the form of the system at hand:
// clock ticks since boot where there is /proc (proc(5), field 22 of stat), else
// as ps prints it. It reports false for a process that is not there or a zombie.
func startOf(pid int) (string, bool) {
	if !hasProc() {
		out, err := ps(pid, "lstart=")
		return strings.TrimSpace(string(out)), err == nil
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// The name in parentheses may hold anything: count from its end.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	const state, start = 0, 19
	if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return "", false
	}
	return fields[start], true
}

// hasSetting tells whether a process of ours was started with that KEY=value in
// its environment.
func hasSetting(pid int, setting string) bool {
	if !hasProc() {
		out, err := ps(pid, "command=")
		return err == nil && strings.Contains(" "+string(out), " "+setting)
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	for kv := range bytes.SplitSeq(b, []byte{0}) {
		if string(kv) == setting {
			return true
		}
	}
	return false
}

func hasProc() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

// ps asks for one column about a process; BSD's e adds its environment to the
// command, ww keeps the line whole.
func ps(pid int, column string) ([]byte, error) {
	return exec.Command("ps", "eww", "-o", column, "-p", strconv.Itoa(pid)).Output()
}
