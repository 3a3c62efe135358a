//go:build !linux

package local

import "syscall"

// processAttributes puts the child into a process group of its own, so that
// Ctrl-C in the terminal does not end it before we are done.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
