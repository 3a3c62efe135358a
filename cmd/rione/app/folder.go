package app

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Folder is the data folder, held by one process at a time.
type Folder struct {
	path string
	lock *os.File
}

// Addresses are where a running rione listens. They stand in the data folder,
// so that commands find it.
type Addresses struct {
	PID    int    `json:"pid"`
	MQTT   string `json:"mqtt"`
	HTTP   string `json:"http"`
	Influx string `json:"influx"`
}

// BusyError is returned for a data folder that another process holds.
type BusyError struct {
	Path    string
	Running Addresses
}

// Error implements error.
func (e *BusyError) Error() string {
	return fmt.Sprintf("the data folder %s is in use by rione (process %d); stop that one, or set RIONE_DATA_DIR to another folder", e.Path, e.Running.PID)
}

// Hold makes the folder if needed and takes its lock.
func Hold(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w; set RIONE_DATA_DIR to a folder that you may write", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "rione.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder is not writable: %w; set RIONE_DATA_DIR to a folder that you may write", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		running, _ := Running(path)
		return nil, &BusyError{Path: path, Running: running}
	}
	return &Folder{path: path, lock: lock}, nil
}

// Path returns the path of a file in the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.path, name) }

// Close gives the folder back.
func (f *Folder) Close() error {
	_ = os.Remove(f.Path(addressFile)) // may never have been written
	return f.lock.Close()
}

const addressFile = "rione.json"

// publish writes where this process listens.
func (f *Folder) publish(a Addresses) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return writeFile(f.Path(addressFile), append(b, '\n'))
}

// Running returns where the rione that holds the folder listens. It fails when
// none does.
func Running(path string) (Addresses, error) {
	var a Addresses
	b, err := os.ReadFile(filepath.Join(path, addressFile))
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, err
	}
	if err := syscall.Kill(a.PID, 0); err != nil && !errors.Is(err, syscall.EPERM) { // another user's process is one, too
		return a, errors.New("that process is gone")
	}
	return a, nil
}

// AdminToken returns the token that stands in a data folder.
func AdminToken(path string) (string, error) {
	b, err := os.ReadFile(filepath.Join(path, "admin.token"))
	if err != nil {
		return "", fmt.Errorf("no admin token: %w; set RIONE_ADMIN_TOKEN", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// adminToken returns the token, generating it at the first start.
func (f *Folder) adminToken() (string, error) {
	if t, err := AdminToken(f.path); err == nil {
		return t, nil
	}
	t := strings.ToLower(rand.Text())
	return t, writeFile(f.Path("admin.token"), []byte(t+"\n"))
}

// writeFile writes a file that only its owner may read, all or nothing.
func writeFile(path string, b []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("the data folder cannot be written: %w; make room there, or set RIONE_DATA_DIR to another folder", err)
	}
	return os.Rename(tmp, path)
}
