package local

import "syscall"

// processAttributes puts the child into a process group of its own, so that
// Ctrl-C in the terminal does not end it before we are done, and has the kernel
// end it when we are killed.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
