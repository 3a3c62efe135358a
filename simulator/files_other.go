//go:build !linux && !darwin

package simulator

// fileLimit is not known here.
func fileLimit() int { return 0 }
