package script

import (
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// limitMemory lets the process map that many bytes more than it has mapped
// already: the runtime reserves address space at its start that it never uses.
// Beyond half of it the collector works harder.
func limitMemory(bytes uint64) error {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(statm), &pages); err != nil {
		return fmt.Errorf("/proc/self/statm: %w", err)
	}
	most := pages*uint64(os.Getpagesize()) + bytes
	debug.SetMemoryLimit(int64(bytes / 2))
	return unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: most, Max: most})
}
