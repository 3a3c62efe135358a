package journal

import (
	"io/fs"
	"path/filepath"
	"syscall"
)

// freeBytes returns what the file system of dir has free, and a cautious guess
// where it does not say.
func freeBytes(dir string) int64 {
	var st syscall.Statfs_t
	if syscall.Statfs(filepath.Clean(dir), &st) != nil {
		return 10 << 30
	}
	return int64(st.Bavail) * int64(st.Bsize) //nolint:unconvert // its type differs between systems
}

// usedBytes returns what the files under dir take.
func usedBytes(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // a file that has just gone takes nothing
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
