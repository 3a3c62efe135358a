//go:build linux || darwin

package simulator

import "syscall"

// fileLimit returns how many files this process may have open at most, 0 when
// that is not known. Go has raised the soft limit to the hard one at start.
func fileLimit() int {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return 0
	}
	return int(min(r.Cur, 1<<30))
}
