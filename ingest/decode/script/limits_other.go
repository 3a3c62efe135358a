//go:build !linux

package script

import (
	"errors"
	"time"
)

// limitMemory refuses to run codecs where their memory cannot be limited.
func limitMemory(uint64) error {
	return errors.New("codecs in JavaScript run on Linux only: elsewhere their memory cannot be limited")
}

func cpuTime() time.Duration { return 0 }
